"""The layer that the six projects share."""
