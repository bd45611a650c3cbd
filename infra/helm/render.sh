#!/bin/sh
# Write what the charts make of each environment into rendered/, or into the folder given. Needs helm; asks no network.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
to="${1:-$here/rendered}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$to"
cp -R "$here/library" "$here/api" "$here/consumer" "$here/job" "$here/course-lab" "$work"
for chart in api consumer job course-lab; do
  rm -rf "$work/$chart/charts" "$work/$chart/Chart.lock"
  helm dependency build "$work/$chart" >/dev/null
done
render() {
  name="$1"
  shift
  # The oldest version that the charts say they need: what is rendered for it is understood by newer ones.
  helm template course-lab "$work/course-lab" --namespace course-lab --kube-version 1.30.0 "$@" >"$to/$name.yaml"
}
environments="$work/course-lab/environments"
render production -f "$environments/production.yaml"
render canary -f "$environments/production.yaml" -f "$environments/canary.yaml"
render minimal -f "$environments/minimal.yaml"
