#!/usr/bin/env bash
# The action's second step: lint, annotate, fill outputs and summary, exit as imagelint did.
# Reads INPUT_*, BASE_SHA, GITHUB_* and RUNNER_TEMP. Whatever comes from a manifest is printed
# between ::stop-commands:: and a random word, so that nothing in it is a command to the runner.
set -euo pipefail

# What a workflow or an earlier step has put into the environment sets no option of imagelint's, and
# asks for no completion. Windows does not care for case.
shopt -s nocasematch
for name in $(compgen -e); do
  case "$name" in imagelint_* | _imagelint_*) unset "$name" ;; esac
done
shopt -u nocasematch
export GIT_TERMINAL_PROMPT=0 GIT_NO_REPLACE_OBJECTS=1

here="$(dirname "${BASH_SOURCE[0]}")"
bin="$RUNNER_TEMP/imagelint/bin"
[ -d "$bin" ] || bin="$RUNNER_TEMP/imagelint/Scripts" # Windows
work="$(mktemp -d "$RUNNER_TEMP/imagelint-run.XXXXXX")"
touch "$work/own" "$work/annotations"

fail() {
  printf '::error title=imagelint::%s\n' "$1"
  exit 2
}

# Keep an annotation of the action's own for the end: the runner shows ten of a kind.
remark() { printf '::%s title=imagelint::%s\n' "$1" "$2" >>"$work/own"; }

# Print files so that the runner takes nothing in them for a command.
harmless() {
  local word
  word="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '::stop-commands::%s\n' "$word"
  cat "$@"
  printf '\n::%s::\n' "$word"
}

results() { "$bin/python" -I "$here/results.py" "$@"; }

has() { git cat-file -e "$1^{commit}" 2>/dev/null; }

has_fork() { git merge-base "$base" HEAD >/dev/null 2>&1; }

# Print what GitHub has merged the pull request with, where that merge is what is checked out: the
# event's base.sha is older than it if the branch has moved on. The first parent of any other
# commit is for the pull request's author to choose. What a commit says of its parents is there in
# the shallowest checkout, unlike they.
merged_with() {
  local head parents
  [ -n "${GITHUB_SHA:-}" ] && [ "$(git rev-parse HEAD 2>/dev/null)" = "$GITHUB_SHA" ] || return 0
  head="$(results head "${GITHUB_EVENT_PATH:-}")"
  parents="$(git cat-file commit HEAD | sed -n '1,/^$/s/^parent //p' | tr '\n' ' ')"
  if [ -n "$head" ] && [ "${parents#* }" = "$head " ]; then
    printf '%s' "${parents%% *}"
  fi
}

# Make sure that the base is here and, if history matters, where HEAD left it. Whether that
# was possible is for imagelint to say, with what to fetch.
fetch_base() {
  has "$base" || git fetch --quiet --no-tags --depth=1 origin "$base" 2>/dev/null || true
  if [ -n "$changed" ] && ! has_fork; then
    if [ "$(git rev-parse --is-shallow-repository 2>/dev/null)" = true ]; then
      git fetch --quiet --no-tags --unshallow origin "$base" 2>/dev/null || true
    fi
  fi
}

case "$INPUT_CHANGED_ONLY" in
  true) changed=yes ;;
  false | '') changed='' ;;
  *) fail 'changed-only is true or false' ;;
esac
case "${INPUT_ALLOW_EMPTY:-}" in
  true) empty=(--allow-empty) ;;
  false | '') empty=() ;;
  *) fail 'allow-empty is true or false' ;;
esac
render=()
case "${INPUT_RENDER:-}" in
  true) render=(--render) ;;
  false | '') ;;
  *) fail 'render is true or false' ;;
esac
case "$INPUT_POLICY_FROM" in base | head) ;; *) fail 'policy-from is base or head' ;; esac
case "$INPUT_FIX" in off | suggest) ;; *) fail 'fix is off or suggest' ;; esac
case "$INPUT_SARIF_FILE" in *$'\n'* | *$'\r'*) fail 'sarif-file is one path' ;; esac

base="${BASE_SHA:-}"
is_request=''
case "$GITHUB_EVENT_NAME" in
  pull_request | pull_request_*)
    is_request=yes
    merged="$(merged_with)"
    base="${merged:-$base}"
    ;;
  merge_group) is_request=yes ;;
esac
[[ "$base" =~ ^[0-9a-f]{40,64}$ && ! "$base" =~ ^0+$ ]] || base=''
[ -z "$is_request" ] || [ -n "$base" ] || fail 'the event names no base commit'

arguments=(--fail-on "$INPUT_FAIL_ON" ${empty[@]+"${empty[@]}"} ${render[@]+"${render[@]}"})
[ -z "$INPUT_ENVIRONMENT" ] || arguments+=(--env "$INPUT_ENVIRONMENT")
[ -z "$INPUT_POLICY" ] || arguments+=(--policy "$INPUT_POLICY")
if [ -n "$is_request" ] && [ "$INPUT_POLICY_FROM" = base ]; then
  arguments+=(--policy-from "$base")
  fetch_base
fi
if [ -n "$changed" ]; then
  [ -z "$base" ] || fetch_base
  # A push may replace the commit that was there before, which is gone then.
  if [ -z "$base" ] || { [ -z "$is_request" ] && ! has_fork; }; then
    remark notice 'This event has no commit to compare with: everything is linted'
  else
    arguments+=(--changed-since "$base")
  fi
fi

paths=()
while IFS= read -r path; do
  path="${path%$'\r'}"
  [ -z "$path" ] || paths+=("$path")
done <<<"$INPUT_PATHS"
[ "${#paths[@]}" -gt 0 ] || paths=(.)

formats=(--format text --format "json=$work/report.json" --format "github=$work/annotations")
[ -z "$INPUT_SARIF_FILE" ] || formats+=(--format "sarif=$INPUT_SARIF_FILE")

code=0
"$bin/imagelint" check "${arguments[@]}" "${formats[@]}" -- "${paths[@]}" \
  >"$work/text" 2>"$work/notices" || code=$?

if grep -Eq '^warning: .* since [0-9a-f]+; what [0-9a-f]+ has decides' "$work/notices"; then
  remark warning 'This change touches the policy it is held to. What the base commit has decides; the difference is in the job summary.'
fi
if [ "$code" -gt 1 ] && ! grep -q '^::error ' "$work/annotations"; then
  remark error "imagelint ended with exit code $code; the log says why"
fi
harmless "$work/text" "$work/notices"
results annotations "$work/own" "$work/annotations"

if [ -s "$work/notices" ]; then
  results block 'imagelint: notes on this run' diff "$work/notices"
fi
if [ -s "$work/report.json" ]; then
  results outputs "$work/report.json" >>"$GITHUB_OUTPUT"
fi
if [ -n "$INPUT_SARIF_FILE" ] && [ -s "$INPUT_SARIF_FILE" ]; then
  printf 'sarif=%s\n' "$INPUT_SARIF_FILE" >>"$GITHUB_OUTPUT"
fi

if [ "$INPUT_FIX" = suggest ] && [ -s "$work/report.json" ]; then
  patch="$work/imagelint.patch"
  env -u GITHUB_STEP_SUMMARY "$bin/imagelint" fix --diff "${arguments[@]}" --format text \
    -- "${paths[@]}" >"$patch" 2>/dev/null || true
  if [ -s "$patch" ]; then
    printf 'patch=%s\n' "$patch" >>"$GITHUB_OUTPUT"
    results block 'imagelint: suggested repair' diff "$patch"
  fi
fi
exit "$code"
