# Sections of a test run: each is timed, logged and judged, and the run goes on after one that failed. Some run beside
# those that follow. Sourced by scripts/test. Needs WORK and lib/report.bash.
# shellcheck shell=bash

FAILED=()
# Section -> seconds it took.
declare -A TOOK=()
# Section that runs beside others -> its process, which leads a group that can be stopped as a whole.
declare -A BESIDE=()

# section NAME COMMAND...: a COMMAND that is a function runs with `set -e`.
section() {
  local name=$1 started=$SECONDS log=$WORK/log/$1.log status
  shift
  printf '\n== %s\n' "$name"
  set +e
  (
    set -e
    "$@"
  ) 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  set -e
  conclude "$name" "$status" "$((SECONDS - started))"
}

# conclude NAME STATUS SECONDS
conclude() {
  TOOK[$1]=$3
  if (($2 == 0)); then
    printf '== %s: ok, %s s\n' "$1" "${TOOK[$1]}"
  else
    printf '== %s: FAILED, %s s\n' "$1" "${TOOK[$1]}"
    FAILED+=("$1")
  fi
}

# begin NAME COMMAND...: runs a section beside those that follow, until `finish NAME`.
begin() {
  local name=$1
  shift
  rm -f "$WORK/$name.seconds"
  set -m
  (
    trap 'echo $((SECONDS - started)) >"$WORK/$name.seconds"' EXIT
    set -e
    started=$SECONDS
    "$@"
  ) </dev/null >"$WORK/$name.out" 2>&1 &
  set +m
  BESIDE[$name]=$!
}

# finish NAME: waits for a section that was begun, shows what it says, and judges it.
finish() {
  local name=$1 status=0
  printf '\n== %s\n' "$name"
  tail --lines=+1 --follow --pid="${BESIDE[$name]}" "$WORK/$name.out" | tee "$WORK/log/$name.log"
  wait "${BESIDE[$name]}" || status=$?
  unset "BESIDE[$name]"
  conclude "$name" "$status" "$(cat "$WORK/$name.seconds" || echo 0)"
}

# Ends what was begun and not finished.
stop_beside() {
  local group
  for group in "${BESIDE[@]}"; do
    kill -- "-$group" || true
  done
}

# skip NAME... -- REASON
skip() {
  local names=()
  while [[ $1 != -- ]]; do
    names+=("$1")
    shift
  done
  printf '\n== skipped: %s; %s\n' "${names[*]}" "$2"
}

# failed NAME...: whether one of these sections failed.
failed() {
  local name other
  for name in "$@"; do
    for other in "${FAILED[@]}"; do
      [[ $name == "$other" ]] && return
    done
  done
  return 1
}

# Prints the totals as the last line; returns failure when something failed.
report_totals() {
  local name passed=0 failed=0 ignored=0 counts
  for name in "$WORK"/log/*.log; do
    read -ra counts < <(count_tests "$name")
    passed=$((passed + counts[0])) failed=$((failed + counts[1])) ignored=$((ignored + counts[2]))
  done
  # The section `tests` ignores what needs a browser, or nodes; that is what these run.
  while read -ra counts; do
    ignored=$((ignored - counts[0] - counts[1]))
  done < <(count_tests "$WORK/log/status-page.log"; count_tests "$WORK/log/nodes.log" live)
  for name in "${FAILED[@]}"; do
    read -ra counts < <(count_tests "$WORK/log/$name.log")
    if ((counts[1] == 0)); then
      failed=$((failed + 1))
    fi
  done
  printf '\n== %s s in all\n' "$SECONDS"
  if ((${#FAILED[@]} > 0)); then
    printf '== failed: %s; the logs are in %s\n' "${FAILED[*]}" "$WORK/log"
  fi
  printf '%s passed, %s failed' "$passed" "$failed"
  if ((ignored > 0)); then
    printf ', %s skipped' "$ignored"
  fi
  printf '\n'
  ((${#FAILED[@]} == 0))
}

# count_tests LOG [TARGET]: prints passed, failed and ignored tests, summed over the result lines of cargo test; of a log of
# several targets those of one.
count_tests() {
  [[ -e $1 ]] || { echo 0 0 0 && return; }
  sed -nE "s/^${2:-.*}\\s*test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored;.*/\\1 \\2 \\3/p" "$1" |
    awk '{ passed += $1; failed += $2; ignored += $3 } END { print passed + 0, failed + 0, ignored + 0 }'
}
