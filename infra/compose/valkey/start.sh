#!/bin/sh
# Arguments of a process can be read by everyone; a file in a private tmpfs cannot.
set -eu
secret="${PASSWORD_FILE:-/run/secrets/lab_redis_password}"
configuration="${TMPDIR:-/tmp}/valkey.conf"
umask 077
[ -s "$secret" ] || { echo "There is no password in $secret: run make-secrets.sh." >&2; exit 1; }
{ cat "${CONFIGURATION:-/etc/valkey/valkey.conf}"; printf '\nrequirepass "%s"\n' "$(cat "$secret")"; } >"$configuration"
exec "${VALKEY_SERVER:-valkey-server}" "$configuration"
