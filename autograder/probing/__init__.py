"""Ask a learner's kernel for values from outside, trusting nothing that comes back."""
