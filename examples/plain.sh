#!/bin/sh
# For any CI system, or by hand:  sh plain.sh [BRANCH]
# With a branch: only what has changed since, by the policy that the branch has.
set -eu
if [ $# -gt 0 ]; then
  git rev-parse --verify --quiet "$1^{commit}" >/dev/null || git fetch origin "${1#origin/}"
  set -- --policy-from "$1" --changed-since "$1"
fi
exec imagelint check "$@" --format text --format json=imagelint-report.json .
