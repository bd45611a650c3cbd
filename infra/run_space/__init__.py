"""A name space of its own for each run on servers that many runs share."""
