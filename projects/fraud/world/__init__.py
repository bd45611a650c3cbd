"""The world the system lives in: simulated with drift, played as events, or read from files."""
