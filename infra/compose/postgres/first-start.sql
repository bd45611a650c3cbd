-- Run once, on an empty data directory.
CREATE EXTENSION IF NOT EXISTS vector;
-- MLflow migrates its own tables; they are kept apart from what projects make.
CREATE DATABASE mlflow OWNER lab;
