# Messages and long steps of the scripts in this folder. Sourced, never run.
# Results go to stdout; everything written by these functions goes to stderr.
# shellcheck shell=bash

# Without this, `value=$(function)` goes on after a command that failed inside the function.
shopt -s inherit_errexit

note() {
  printf '%s\n' "$*" >&2
}

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

usage_error() {
  printf 'error: %s\nsee: %s --help\n' "$*" "${0##*/}" >&2
  exit 2
}

# show_help FILE: prints the comment block under the first line of FILE.
show_help() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"
}

# step LABEL LOG COMMAND...: runs COMMAND with its output in LOG, says every ten seconds that it
# still runs, and ends the script with the last lines of LOG when it fails.
# Never call it in a condition: bash then ignores `set -e` inside COMMAND.
step() {
  local label=$1 log=$2 started=$SECONDS ticker status
  shift 2
  mkdir -p "$(dirname "$log")"
  note "$label ..."
  step_ticker "$label" "$started" &
  ticker=$!
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1
  status=$?
  set -e
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    die "$label failed (exit status $status); the whole output is in $log"
  fi
  note "$label: done in $((SECONDS - started)) s"
}

# Waits by reading a pipe nobody writes to: unlike a `sleep`, that leaves no process behind when it is
# killed. The loop ends with the script, should the script be interrupted.
step_ticker() {
  exec {silence}<> <(:)
  while ! read -r -t 10 -u "$silence" && kill -0 "$$" 2>/dev/null; do
    note "  $1: $((SECONDS - $2)) s"
  done
}
