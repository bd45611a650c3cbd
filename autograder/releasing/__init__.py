"""Release labs to learners, and see that nothing leaves that must not."""
