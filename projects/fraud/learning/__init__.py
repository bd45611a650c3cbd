"""Learn to score: candidates, tuning, the exported model, and its way into the registry."""
