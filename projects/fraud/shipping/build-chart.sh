#!/bin/sh
# Put the chart and those it depends on side by side into a folder: build-chart.sh FOLDER [CHARTS].
# The checkout stays as it is.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
to="$1"
shared="${2:-$here/../../../infra/helm}"
cp -R "$shared/library" "$shared/api" "$shared/consumer" "$shared/job" "$to"
cp -R "$here/chart" "$to/fraud"
cp -R "$here/front" "$to/fraud-front"
for chart in api consumer job fraud; do
  rm -rf "$to/$chart/charts" "$to/$chart/Chart.lock"
  helm dependency build "$to/$chart" >/dev/null
done
