"""Prove a lab: right answers earn everything, wrong ones lose exactly what they should."""
