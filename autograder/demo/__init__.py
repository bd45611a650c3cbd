"""A cohort with known scores, to see the whole grader work on."""
