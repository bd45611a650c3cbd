"""The six end-to-end systems, each an importable package."""
