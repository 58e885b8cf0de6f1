#!/usr/bin/env bash
# The action's first step: imagelint in a virtual environment of its own, and what it needs by the
# hashes of action/requirements.lock.
# Reads INPUT_PYTHON_VERSION, GITHUB_ACTION_PATH, RUNNER_TEMP, RUNNER_TOOL_CACHE.
# The working folder holds what a pull request brought: Python must not import from it (-I).
set -euo pipefail

# What a workflow or an earlier step has put into the environment sets no option of imagelint's, and
# asks for no completion. Windows does not care for case.
shopt -s nocasematch
for name in $(compgen -e); do
  case "$name" in imagelint_* | _imagelint_*) unset "$name" ;; esac
done
shopt -u nocasematch

fail() {
  printf '::error title=imagelint::%s\n' "$1"
  exit 2
}

serves() { "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

# The first of: pythonX.Y on PATH, the newest X.Y of the runner's tool cache.
find_version() {
  if serves "python$1"; then
    printf 'python%s' "$1"
    return
  fi
  local found
  found="$(printf '%s\n' "${RUNNER_TOOL_CACHE:-/nowhere}/Python/$1"*/*/bin/python3 | sort -V | tail -n 1)"
  if serves "$found"; then
    printf '%s' "$found"
  fi
}

wanted="${INPUT_PYTHON_VERSION:-}"
if [ -z "$wanted" ]; then
  python=python3
  serves "$python" || fail 'python3 is missing or older than 3.10: name one with python-version, or add actions/setup-python in front'
elif [[ "$wanted" =~ ^3\.[0-9]{1,2}$ ]]; then
  python="$(find_version "$wanted")"
  [ -n "$python" ] || fail "this runner has no Python $wanted (3.10 or newer is needed): add actions/setup-python in front"
else
  fail 'python-version is a version such as 3.12'
fi

cd "$GITHUB_ACTION_PATH"
"$python" -I -m venv "$RUNNER_TEMP/imagelint"
bin="$RUNNER_TEMP/imagelint/bin"
[ -d "$bin" ] || bin="$RUNNER_TEMP/imagelint/Scripts" # Windows
pip=("$bin/python" -I -m pip install --quiet --disable-pip-version-check --no-deps)
"${pip[@]}" --require-hashes --requirement action/requirements.lock
"${pip[@]}" --no-build-isolation . # by what the lock has brought
"$bin/imagelint" --version
