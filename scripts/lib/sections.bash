# Sections of a test run: each is timed, logged and judged, and the run goes on after one that failed.
# Sourced by scripts/test. Needs WORK and lib/report.bash.
# shellcheck shell=bash

FAILED=()
# Section -> seconds it took.
declare -A TOOK=()

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
  TOOK[$name]=$((SECONDS - started))
  if ((status == 0)); then
    printf '== %s: ok, %s s\n' "$name" "${TOOK[$name]}"
  else
    printf '== %s: FAILED, %s s\n' "$name" "${TOOK[$name]}"
    FAILED+=("$name")
  fi
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
  # The section `tests` ignores what needs nodes or a browser; that is what these two run.
  for name in node-client status-page; do
    read -ra counts < <(count_tests "$WORK/log/$name.log")
    ignored=$((ignored - counts[0] - counts[1]))
  done
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

# count_tests LOG: prints passed, failed and ignored tests, summed over the result lines of cargo test.
count_tests() {
  [[ -e $1 ]] || { echo 0 0 0 && return; }
  sed -nE 's/.*test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored;.*/\1 \2 \3/p' "$1" |
    awk '{ passed += $1; failed += $2; ignored += $3 } END { print passed + 0, failed + 0, ignored + 0 }'
}
