"""Serve a model over HTTP: keys, quotas, batches, shedding, health and metrics."""
