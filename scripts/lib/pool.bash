# Tests on several localnets at once: they wait for blocks most of the time, so one at a time leaves the machine idle.
# What is to be run stands in a queue, from which each localnet takes the next when it has ended the one before.
# Sourced by scripts/test. Needs WORK, CACHE, SCRIPTS and lib/report.bash.
# shellcheck shell=bash

# The ports of the first localnet are moved by this much, those of each further one by 500 more.
FIRST_PORT_OFFSET=${LOCALNET_PORT_OFFSET:-2000}
# Milliseconds between two blocks, of which most tests wait for many. A chain's timeouts and votes last as long as they do.
PAUSE_MS=${LOCALNET_PAUSE_MS:-500}
# How many seconds each test took when it ran last on this machine. It only decides what is begun first, and what together.
TIMES=$CACHE/test-seconds
# What a test is taken to take of which that is not known.
USUAL_SECONDS=30

# lane LANE COMMAND...: runs COMMAND with the variables that choose the localnet of this lane (from 1).
lane() {
  env LOCALNET_DIR="$WORK/localnet-$1" LOCALNET_PORT_OFFSET=$((FIRST_PORT_OFFSET + 500 * ($1 - 1))) \
    LOCALNET_PAUSE_MS="$PAUSE_MS" "${@:2}"
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

# queue_clear: forgets what was not run.
queue_clear() {
  : >"$WORK/queue"
  : >"$WORK/took"
}

# queue_add TARGET PROCESSES OPTION...: adds tests of a target to the queue, in so many processes, or with `each` in one for
# each. Options are those of the test program: what to take, `--skip` what, `--ignored`.
queue_add() {
  local target=$1 processes=$2 program folder list=$WORK/$1.tests
  shift 2
  IFS=$'\t' read -r program folder < <(test_program "$target")
  [[ -x $program ]] || die "cargo has made no program of the tests $target"
  listed_tests "$program" "$@" >"$list"
  [[ -s $list ]] || die "no test of $target is chosen by: $*"
  [[ $processes != each ]] || processes=$(wc -l <"$list")
  touch "$TIMES"
  share_out "$target" "$processes" "$program"$'\t'"$folder" <"$list" >>"$WORK/queue"
  sort -rn -o "$WORK/queue" "$WORK/queue"
  # Their programs are not told of those that were not chosen.
  printf '%s test result: . 0 passed; 0 failed; %s ignored;\n' "$target" \
    "$(("$("$program" "$@" --list --format terse | grep -c ': test$')" - "$(wc -l <"$list")"))"
}

# test_program TARGET: the program that cargo has made of it, and the folder of its crate.
test_program() {
  cargo test --locked --workspace --test "$1" --no-run --message-format=json | jq -r --arg target "$1" '
    select(.target.name? == $target and .executable != null)
    | "\(.executable)\t\(.manifest_path | rtrimstr("/Cargo.toml"))"'
}

# listed_tests PROGRAM OPTION...: their names. `--list` leaves out nothing that is ignored, unless asked for just these.
listed_tests() {
  local program=$1
  shift
  if [[ " $* " == *" --ignored "* ]]; then
    "$program" "$@" --list --format terse
  else
    comm -23 <("$program" "$@" --list --format terse | sort) <("$program" "$@" --ignored --list --format terse | sort)
  fi | sed -n 's/: test$//p'
}

# share_out TARGET PROCESSES PROGRAM <NAMES: lines of the queue: about how long, the target, its program and folder, the
# tests of one process. The longest first, each to the process that has the least to do.
share_out() {
  awk -v target="$1" -v times="$TIMES" -v usual="$USUAL_SECONDS" '
    BEGIN { while ((getline line < times) > 0) { split(line, field, " "); took[field[1] " " field[2]] = field[3] } }
    { known = target " " $1; print (known in took ? took[known] : usual), $1 }
  ' | sort -rn | awk -v target="$1" -v processes="$2" -v program="$3" '
    { least = 1
      for (place = 2; place <= processes; place++) if (sum[place] < sum[least]) least = place
      sum[least] += $1; tests[least] = tests[least] " " $2 }
    END { for (place in tests) printf "%d\t%s\t%s\t%s\n", sum[place], target, program, tests[place] }
  '
}

# queue_run LANES: has that many localnets run what is in the queue. Fails if a test does; goes on all the same.
queue_run() {
  local number lanes=() failed=0
  for ((number = 1; number <= $1; number++)); do
    queue_lane "$number" &
    lanes+=($!)
  done
  for number in "${lanes[@]}"; do
    wait "$number" || failed=1
  done
  note_times
  return "$failed"
}

# queue_lane LANE
queue_lane() {
  local line target program folder tests failed=0
  while line=$(queue_take); do
    IFS=$'\t' read -r _ target program folder tests <<<"$line"
    read -ra tests <<<"$tests"
    cd "$folder" || return
    # Whole lines: several programs write at once.
    lane "$1" env {LOCALNET,E2E_LOCALNET}="$WORK/localnet-$1/localnet.json" \
      "$program" --exact --include-ignored --test-threads=1 "${tests[@]}" 2>&1 </dev/null |
      queue_tell "$target" || failed=1
  done
  return "$failed"
}

# Prints the next line of the queue and removes it; fails when there is none.
queue_take() {
  (
    flock 8
    head -n 1 "$WORK/queue" | grep . && sed -i 1d "$WORK/queue"
  ) 8>"$WORK/queue.lock"
}

# queue_tell TARGET: what a test program says, with its target before each line, and how long each test took.
queue_tell() {
  local line name='' began=$SECONDS
  while IFS= read -r line; do
    case $line in
      '' | 'running '*) continue ;;
    esac
    if [[ $line =~ ^test\ ([^ ]+)\ \.\.\. ]]; then
      name=${BASH_REMATCH[1]}
    fi
    # What a test writes itself may stand before its result.
    if [[ -n $name && $line =~ (^|\ )(ok|FAILED)$ ]]; then
      line="test $name ... ${line##* }, $((SECONDS - began)) s"
      echo "$1 $name $((SECONDS - began))" >>"$WORK/took"
      name='' began=$SECONDS
    fi
    printf '%s %s\n' "$1" "$line"
  done
}

# Keeps for the next run how long each test took.
note_times() {
  cat "$TIMES" "$WORK/took" | awk '{ took[$1 " " $2] = $3 } END { for (test in took) print test, took[test] }' |
    sort >"$TIMES.new"
  mv "$TIMES.new" "$TIMES"
}
