"""What a learner does with a lab: start, check, watch, hint, reset, progress, submit, doctor."""
