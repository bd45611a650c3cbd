"""Keep tables in committed snapshots, and documents that expire."""
