"""Hostile submissions, and honest ones that must not be taken for hostile."""
