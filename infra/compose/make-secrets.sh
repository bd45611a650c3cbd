#!/bin/sh
# Make what is missing in ./secrets (or in the folder given): passwords, keys and a certificate of one's own.
# What is there is kept, so running it again changes nothing. Needs openssl.
set -eu
folder="${1:-$(dirname "$0")/secrets}"
command -v openssl >/dev/null || { echo "openssl is needed." >&2; exit 1; }
# The folder keeps others out; containers read the files as users of their own.
mkdir -p "$folder" && chmod 700 "$folder"
umask 022

random() { openssl rand -base64 48 | tr -dc 'A-Za-z0-9' | cut -c "1-$1"; }
make() { [ -s "$folder/$1" ] || random "$2" >"$folder/$1"; }

make lab_redis_password 32
make lab_postgres_password 32
make lab_s3_access_key 20
make lab_s3_secret_key 40
make mongo_root_password 32
make grafana_admin_password 24

if [ ! -s "$folder/edge_users" ]; then
  make edge_password 24
  printf 'lab:%s\n' "$(openssl passwd -6 -stdin <"$folder/edge_password")" >"$folder/edge_users"
fi
if [ ! -s "$folder/edge_certificate.pem" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
    -subj "/CN=course lab" -addext "subjectAltName=DNS:*.lab.localhost,DNS:lab.localhost" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "extendedKeyUsage=serverAuth" \
    -keyout "$folder/edge_key.pem" -out "$folder/edge_certificate.pem" 2>/dev/null
  chmod 644 "$folder/edge_key.pem"
fi
echo "Secrets are in $folder; at the edge one is 'lab' with the password in edge_password."
