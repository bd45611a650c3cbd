"""The whole story of the system, played on the local stack: `lab run fraud`."""
