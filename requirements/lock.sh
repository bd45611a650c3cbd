#!/usr/bin/env bash
# Renew the locks: hashes and versions, no addresses, one set of versions for all extras.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
compile() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --overrides requirements/overrides.in "$@"
}
compile pyproject.toml --all-extras -c requirements/floors.in -o requirements/all.txt
compile pyproject.toml -c requirements/all.txt -o requirements/base.txt
compile pyproject.toml --extra dev --extra site -c requirements/all.txt -o requirements/dev.txt
for extra in stack fraud ray spark deep forecast; do
  compile pyproject.toml --extra "$extra" -c requirements/all.txt -o "requirements/$extra.txt"
done
echo uv | compile - -o requirements/tools.txt
