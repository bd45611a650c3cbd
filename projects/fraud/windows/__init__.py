"""The features, defined once with `infra.features`: in batch, and online for the stream."""
