#!/bin/sh
# For any CI system, or for manual use:  sh plain.sh [BRANCH]
# With BRANCH: lint only what changed since, with the policy of that branch.
set -eu
if [ $# -gt 0 ]; then
  git rev-parse --verify --quiet "$1^{commit}" >/dev/null || git fetch origin "${1#origin/}"
  set -- --policy-from "$1" --changed-since "$1"
fi
exec imagelint check "$@" --format text --format json=imagelint-report.json .
