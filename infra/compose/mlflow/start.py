"""Start MLflow with what stands in secret files, none of it among its arguments."""

import os
from pathlib import Path
from urllib.parse import quote

SECRETS = Path("/run/secrets")
BUCKET = "mlflow"


def secret(name: str) -> str:
    """Return the secret `name`; raise SystemExit where its file is missing or empty."""
    path = SECRETS / name
    value = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    if not value:
        raise SystemExit(f"{path} is empty or missing: run make-secrets.sh.")
    return value


def store_uri(password: str) -> str:
    """Return the database's address; characters that mean something in an address are escaped."""
    return f"postgresql+psycopg://lab:{quote(password, safe='')}@postgres:5432/mlflow"


def ensure_bucket() -> None:
    """Make the bucket of the artefacts, unless it is there."""
    import boto3

    client = boto3.client("s3")
    if BUCKET not in {found["Name"] for found in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=BUCKET)


def main() -> None:
    """Replace this process by the server."""
    os.environ |= {
        "MLFLOW_BACKEND_STORE_URI": store_uri(secret("lab_postgres_password")),
        "MLFLOW_S3_ENDPOINT_URL": "http://s3:7070",
        "AWS_ENDPOINT_URL_S3": "http://s3:7070",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": secret("lab_s3_access_key"),
        "AWS_SECRET_ACCESS_KEY": secret("lab_s3_secret_key"),
    }
    ensure_bucket()
    listening = ("--host", "0.0.0.0", "--port", "5000", "--workers", "2")
    artefacts = ("--serve-artifacts", "--artifacts-destination", f"s3://{BUCKET}")
    os.execvp("mlflow", ("mlflow", "server", *listening, *artefacts))


if __name__ == "__main__":
    main()
