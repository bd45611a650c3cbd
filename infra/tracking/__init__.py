"""MLflow as the projects use it."""
