"""Compare a window of data with a reference, at a stated rate of false alarms."""
