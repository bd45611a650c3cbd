"""Measure the grader against what a user would use instead, as ratios in one run."""
