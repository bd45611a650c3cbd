"""What the pipeline of every platform has in common."""
