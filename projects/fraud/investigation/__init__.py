"""Show analysts what the scorer suspects, and bring their verdicts back as labels."""
