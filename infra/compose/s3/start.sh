#!/bin/sh
# The gateway takes its root keys from the environment; the secrets come as files.
set -eu
folder="${SECRETS:-/run/secrets}"
for name in lab_s3_access_key lab_s3_secret_key; do
  [ -s "$folder/$name" ] || { echo "$folder/$name is empty or missing: run make-secrets.sh." >&2; exit 1; }
done
ROOT_ACCESS_KEY="$(cat "$folder/lab_s3_access_key")"
ROOT_SECRET_KEY="$(cat "$folder/lab_s3_secret_key")"
export ROOT_ACCESS_KEY ROOT_SECRET_KEY
exec "${VGW_BINARY:-/usr/local/bin/versitygw}" "$VGW_BACKEND" "$VGW_BACKEND_ARGS"
