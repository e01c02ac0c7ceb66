# End-to-end tests on several localnets at once: they wait for blocks most of the time, so one at a time leaves the machine
# idle. Sourced by scripts/test. Needs WORK, SCRIPTS and lib/report.bash.
# shellcheck shell=bash

# The ports of the first localnet are moved by this much, those of each further one by 500 more.
FIRST_PORT_OFFSET=2000

# lane LANE COMMAND...: runs COMMAND with the variables that choose the localnet of this lane (from 1).
lane() {
  env LOCALNET_DIR="$WORK/localnet-$1" LOCALNET_PORT_OFFSET=$((FIRST_PORT_OFFSET + 500 * ($1 - 1))) "${@:2}"
}

# lanes_up LANES OPTION...: starts that many localnets anew. The first alone: it builds wasmd where that is missing.
lanes_up() {
  local number started=()
  lane 1 "$SCRIPTS/localnet" up --fresh "${@:2}"
  for ((number = 2; number <= $1; number++)); do
    lane "$number" "$SCRIPTS/localnet" up --fresh "${@:2}" &
    started+=($!)
  done
  for number in "${started[@]}"; do
    wait "$number"
  done
}

# lanes_down LANES
lanes_down() {
  local number
  for ((number = 1; number <= $1; number++)); do
    lane "$number" "$SCRIPTS/localnet" down
  done
}

# pool TARGET FIRST LAST OPTION...: runs the tests of a target of crate e2e on the localnets FIRST to LAST, dealt out in
# turn. Options are those of the test program: what to take, `--skip` what, `--ignored`.
pool() {
  local target=$1 first=$2 last=$3 program list=$WORK/$1.tests number=0 lanes=() failed=0
  shift 3
  program=$(test_program "$target")
  pool_tests "$program" "$@" >"$list"
  [[ -s $list ]] || die "no test of $target is chosen by: $*"
  for ((number = first; number <= last; number++)); do
    pool_lane "$number" "$program" "$list" $((number - first)) $((last - first + 1)) &
    lanes+=($!)
  done
  for number in "${lanes[@]}"; do
    wait "$number" || failed=1
  done
  # Their programs are not told of those that were not chosen.
  printf 'test result: . 0 passed; 0 failed; %s ignored;\n' \
    "$(("$("$program" "$@" --list --format terse | grep -c ': test$')" - "$(wc -l <"$list")"))"
  return "$failed"
}

# test_program TARGET: the program that cargo has made of it.
test_program() {
  local program
  program=$(cargo test --locked --workspace --test "$1" --no-run --message-format=json |
    jq -r --arg target "$1" 'select(.target.name? == $target and .executable != null).executable')
  [[ -x $program ]] || die "cargo has made no program of the tests $1"
  echo "$program"
}

# pool_tests PROGRAM OPTION...: their names. `--list` leaves out nothing that is ignored, unless asked for just these.
pool_tests() {
  local program=$1
  shift
  if [[ " $* " == *" --ignored "* ]]; then
    "$program" "$@" --list --format terse
  else
    comm -23 <("$program" "$@" --list --format terse | sort) <("$program" "$@" --ignored --list --format terse | sort)
  fi | sed -n 's/: test$//p'
}

# pool_lane LANE PROGRAM LIST PLACE OF: runs every OF-th test of the list from PLACE on, all in one process: what they
# deploy they share.
pool_lane() {
  local tests
  mapfile -t tests < <(awk -v place="$4" -v of="$5" 'NR % of == (place + 1) % of' "$3")
  ((${#tests[@]} > 0)) || return 0
  cd tests || return
  # Whole lines: two programs write at once.
  lane "$1" env E2E_LOCALNET="$WORK/localnet-$1/localnet.json" \
    "$2" --exact --include-ignored --test-threads=1 "${tests[@]}" 2>&1 </dev/null | sed -u 's/^/  /'
}
