# End-to-end tests, each alone on the next free one of several localnets: they wait for blocks most of the time, so one
# at a time leaves the machine idle. Sourced by scripts/test. Needs WORK, SCRIPTS and lib/report.bash.
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

# pool TARGET FIRST LAST OPTION...: runs the tests of a target of crate e2e on the localnets FIRST to LAST. Options are
# those of the test program: what to take, `--skip` what, `--ignored`.
pool() {
  local target=$1 first=$2 last=$3 program taken=$WORK/pool/$1 name number
  shift 3
  program=$(test_program "$target")
  rm -rf "$taken"
  mkdir -p "$taken"
  pool_tests "$program" "$@" >"$taken/list"
  [[ -s $taken/list ]] || die "no test of $target is chosen by: $*"
  for ((number = first; number <= last; number++)); do
    pool_lane "$number" "$program" "$taken" &
  done
  wait
  pool_totals "$taken" $(("$("$program" "$@" --list --format terse | wc -l)" - "$(wc -l <"$taken/list")"))
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

# pool_lane LANE PROGRAM TAKEN: takes one test after the other that no other lane has taken.
pool_lane() {
  local name started status told
  while read -r name; do
    # Only one lane can make the folder.
    mkdir "$3/$name" 2>/dev/null || continue
    started=$SECONDS status=ok
    (cd tests && lane "$1" env E2E_LOCALNET="$WORK/localnet-$1/localnet.json" "$2" --exact "$name" --include-ignored) \
      >"$3/$name/output" 2>&1 </dev/null || status=FAILED
    echo "$status" >"$3/$name/status"
    told=
    # Its own totals would be counted twice.
    [[ $status == ok ]] || told=$'\n'$(grep -v '^test result:' "$3/$name/output")
    printf 'test %s ... %s, %s s on localnet %s%s\n' "$name" "$status" $((SECONDS - started)) "$1" "$told"
  done <"$3/list"
}

# pool_totals TAKEN IGNORED: in the words of a test program. Fails if a test failed, or has no result.
pool_totals() {
  local passed all
  passed=$({ grep -lx ok "$1"/*/status || true; } | wc -l)
  all=$(wc -l <"$1/list")
  printf '\ntest result: . %s passed; %s failed; %s ignored;\n' "$passed" $((all - passed)) "$2"
  ((passed == all))
}
