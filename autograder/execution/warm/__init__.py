"""Kernels forked from a process that has imported already: same outputs, a fraction of the time."""
