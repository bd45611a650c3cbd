"""One definition of a windowed aggregate, the same in batch, in SQL, on a stream and in Feast."""
