"""The bucket of one space."""

from typing import Any

import boto3

from infra.settings import Settings


def open_bucket(settings: Settings, space: str) -> dict[str, str]:
    """Make the bucket `space`; return the variable that names it."""
    _client(settings).create_bucket(Bucket=space)
    return {"LAB_S3_BUCKET": space}


def drop_bucket(settings: Settings, space: str) -> None:
    """Remove the bucket `space` with its objects and half-written uploads."""
    client = _client(settings)
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=space):
            for entry in page.get("Contents", []):
                client.delete_object(Bucket=space, Key=entry["Key"])
        for upload in client.list_multipart_uploads(Bucket=space).get("Uploads", []):
            client.abort_multipart_upload(
                Bucket=space, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        client.delete_bucket(Bucket=space)
    except client.exceptions.NoSuchBucket:
        # The run removed it itself.
        return


def _client(settings: Settings) -> Any:
    return boto3.client("s3", **settings.s3.client_options())
