"""Run real servers on this machine as supervised processes: the local tier."""
