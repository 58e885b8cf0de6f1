#!/usr/bin/env bash
# Build the sdist and the wheel of this tree into a folder: twice, to the same bytes, or it fails.
#
#   bash tools/build.sh dist
#
# Times are those of the commit, or SOURCE_DATE_EPOCH. PYTHON names an interpreter that has the
# packages of requirements-dev.lock.
set -euo pipefail
out="$1"
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH

again="$(mktemp -d)"
trap 'rm -rf "$again"' EXIT
"$python" -m build --no-isolation --outdir "$out" .
(umask 077 && TZ=Pacific/Kiritimati "$python" -m build --no-isolation --outdir "$again" .)
for file in "$again"/*; do
  cmp "$file" "$out/${file##*/}"
done
