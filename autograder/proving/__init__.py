"""Prove that a lab grades as its author says: right answers earn all, wrong ones lose what they should."""
