#!/bin/sh
# Write what the charts make of each environment into rendered/, or into the folder given. Needs helm; asks no network.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
shared="$here/../../../infra/helm"
to="${1:-$here/rendered}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$to"
"$here/build-chart.sh" "$work" "$shared"
render() {
  name="$1" release="$2" chart="$3"
  shift 3
  helm template "$release" "$work/$chart" --namespace fraud --kube-version 1.30.0 "$@" >"$to/$name.yaml"
}
environments="$work/fraud/environments"
render production fraud fraud -f "$environments/production.yaml"
render canary fraud fraud -f "$environments/production.yaml" -f "$environments/canary.yaml"
render green fraud-green fraud -f "$environments/production.yaml" -f "$environments/colour.yaml"
render front fraud-front fraud-front --set live=green
