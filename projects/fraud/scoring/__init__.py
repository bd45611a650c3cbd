"""Score payments: on the stream with an exact memory of the log, and in batch over Parquet."""
