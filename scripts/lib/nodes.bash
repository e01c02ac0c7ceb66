# The sections of scripts/test on real nodes. Sourced by it. Needs WORK, SCRIPTS, BINARIES, REPO and lib/{report,sections,pool}.bash.
# shellcheck shell=bash

# Localnets, beside one that a developer may have running.
LANES=4
# So many processes share the tests of the contracts: each deploys them once.
DEPLOYMENTS=3
# What end-to-end tests are told, but for the chains.
export ARTIFACTS=$REPO/artifacts FERRY_BIN=$BINARIES/ferry ENTREPOT_BIN=$BINARIES/entrepot
# Options that leave tests of the contracts out.
LEFT_OUT=()

# Their callbacks do not say what was transferred, and a transfer stands when the callback of its receiver fails: the tests
# with contracts, whose routes are of style `callbacks`, are skipped there.
NO_CALLBACKS=(0.54.9)
# Pairs of versions of wasmd, of chain A, which has the market, and chain B, which has the outpost. The first is the usual one.
PAIRS=(0.61.14:0.61.14 0.54.9:0.54.9 0.70.3:0.70.3 0.54.9:0.61.14 0.61.14:0.70.3 0.70.3:0.54.9)

# Everything that runs on the nodes of one pair of versions.
node_tests() {
  queue_clear
  queue_add e2e "$DEPLOYMENTS" "${LEFT_OUT[@]}"
  queue_add relay each
  queue_add live 1 --ignored
  queue_run "$LANES"
}

stop_nodes() {
  stop_beside
  lanes_down "$LANES"
}

# halting_pair PAIR: what halts a chain, or takes long there, beside each other.
halting_pair() {
  on_pair halting "$1" 2 halting_tests
}

halting_tests() {
  queue_clear
  queue_add relay each --ignored
  queue_run 2
}

# on_pair NAME PAIR LANES COMMAND...: runs a section on localnets of these versions, made anew.
on_pair() {
  local name=$1-$2
  lanes_down "$LANES"
  section "localnets-$name" lanes_up "$3" --wasmd-a "${2%:*}" --wasmd-b "${2#*:}"
  if failed "localnets-$name"; then
    skip "$name" -- "the nodes did not start"
    FAILED+=("$name")
    return
  fi
  section "$name" "${@:4}"
}

# Each style of route on chains that have it, and on chains that lack what it needs.
styles_sections() {
  on_pair styles 0.61.14:0.54.9 1 style_tests 4 plain_route an_outpost_whose_chain hooks_without_hooks
  on_pair styles 0.54.9:0.61.14 1 style_tests 1 a_market_whose_chain
  on_pair styles 0.61.14:0.61.14-hooks 1 style_tests 1 hooks_of_the_outpost
  on_pair styles 0.61.14-hooks:0.61.14-hooks 1 style_tests 1 hooks_of_both
}

# style_tests COUNT TEST...: a name that no test has any more would pass without a run.
style_tests() {
  queue_clear
  queue_add e2e 1 --ignored "${@:2}"
  (($(wc -l <"$WORK/e2e.tests") == $1)) || die "expected $1 tests to run"
  queue_run 1
}

# only_nodes matrix|halting|styles PAIR...: those sections, and what they need. Without a pair, the matrix is of all, and what
# halts is run on the usual one.
only_nodes() {
  if (($# == 1)); then
    case $1 in
      halting) set -- halting "${PAIRS[0]}" ;;
      matrix) set -- matrix "${PAIRS[@]}" ;;
    esac
  fi
  section compile cargo test --locked --workspace --no-run
  section contracts "$SCRIPTS/build-contracts"
  section third-party "$SCRIPTS/build-contracts" --third-party
  release_section
  if failed compile contracts third-party releases; then
    skip "$1" -- "what it needs failed above"
    FAILED+=("$1")
    return
  fi
  trap stop_nodes EXIT
  case $1 in
    halting) each_pair halting_pair "${@:2}" ;;
    matrix)
      each_pair matrix_pair "${@:2}"
      matrix_table "${@:2}" | tee "$WORK/matrix.md"
      ;;
    styles) styles_sections ;;
  esac
  stop_nodes
  trap - EXIT
}

# each_pair COMMAND PAIR...
each_pair() {
  local pair
  for pair in "${@:2}"; do
    "$1" "$pair"
  done
}

# matrix_pair PAIR
matrix_pair() {
  on_pair matrix "$1" "$LANES" matrix_tests "$1"
}

# matrix_tests PAIR: ferry's own, and those of the contracts where both chains have what their routes need.
matrix_tests() {
  local version
  queue_clear
  queue_add relay each
  for version in ${1/:/ }; do
    if [[ " ${NO_CALLBACKS[*]} " == *" $version "* ]]; then
      note "without contracts: wasmd $version lacks what routes of style \`callbacks\` need"
      queue_run "$LANES"
      return
    fi
  done
  queue_add e2e "$DEPLOYMENTS" "${LEFT_OUT[@]}"
  queue_run "$LANES"
}

# matrix_table PAIR...: the tests of each: passed of all, and seconds.
matrix_table() {
  local pair target passed failed log
  printf '\n| chain A | chain B | ferry alone | with contracts | s |\n|---|---|---|---|---|\n'
  for pair in "$@"; do
    log=$WORK/log/matrix-$pair.log
    printf '| %s | %s |' "${pair%:*}" "${pair#*:}"
    for target in relay e2e; do
      read -r passed failed _ < <(count_tests "$log" "$target")
      if ((passed + failed == 0)); then
        printf ' skipped |'
      else
        printf ' %s of %s |' "$passed" "$((passed + failed))"
      fi
    done
    printf ' %s |\n' "${TOOK[matrix-$pair]:-}"
  done
}

# Builds every version that was released, for the test of migration, which a clone without their commits leaves out.
release_section() {
  local commit
  for commit in $(released commit); do
    if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
      skip releases migration -- "this clone lacks the released commit $commit: \`git fetch --unshallow\`"
      LEFT_OUT=(--skip migration)
      return
    fi
  done
  section releases build_releases
}

build_releases() {
  local version
  for version in $(released version); do
    "$SCRIPTS/build-contracts" --release "$version"
  done
}

# released commit|version: that of each release, a line each.
released() {
  awk -v what="$1" '$2 == "commit" { print what == "commit" ? $3 : $1 }' "$REPO/contracts/releases.txt"
}
