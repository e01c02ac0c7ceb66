# From a crate to a contract that released chains accept: compile, lower, check. Sourced by scripts/build-contracts.
# Needs lib/report.bash and lib/toolchain.bash; the install_* functions have run.
# shellcheck shell=bash disable=SC2034

# What the chains of each generation offer to a contract: wasmd `x/wasm/keeper/capabilities.go`.
CAPABILITIES_WASMD_0_53=iterator,staking,stargate,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,cosmwasm_1_4,cosmwasm_2_0,cosmwasm_2_1
CAPABILITIES_WASMD_0_60=$CAPABILITIES_WASMD_0_53,cosmwasm_2_2
CAPABILITIES_WASMD_0_61=$CAPABILITIES_WASMD_0_60,ibc2

# What a chain takes, before compression: wasmd `x/wasm/types/validation.go`, `MaxWasmSize`.
MAX_WASM_BYTES=$((800 * 1024))

# compile_wasm MANIFEST TARGET_DIR PROFILE PACKAGE: paths of this machine do not get into the panic messages.
compile_wasm() {
  local separator=$'\x1f'
  CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo$separator--remap-path-prefix=$REPO=." \
    cargo "+$WASM_RUST" build --locked --manifest-path "$1" --target-dir "$2" --profile "$3" -p "$4" \
    --lib --target wasm32-unknown-unknown
}

# lower_and_check RAW WASM VM3_CAPABILITIES VM2_CAPABILITIES: writes WASM, which released chains accept.
# The round trip through wasm-opt removes the encodings that VM 2.x refuses. -Oz makes the smallest code,
# but by merging functions it can exceed the 100 locals a function may have: then less is merged, or optimised.
lower_and_check() {
  local level report
  for level in -Oz '-Oz --one-caller-inline-max-function-size=100' -Os -O1; do
    wasm_opt "$level" "$1" "$2.new"
    if report=$(check_for_chains "$2.new" "$3" "$4" 2>&1); then
      mv "$2.new" "$2"
      echo "wasm-opt $level"
      return
    fi
    printf 'wasm-opt %s:\n%s\n' "$level" "$report"
    grep -q locals <<<"$report" || break
  done
  rm -f "$2.new"
  return 1
}

# wasm_opt OPTIONS RAW WASM
wasm_opt() {
  local options
  read -ra options <<<"$1"
  "$WASM_OPT" "${options[@]}" --mvp-features --enable-sign-ext --enable-mutable-globals "$2" -o "$3"
}

# check_for_chains WASM VM3_CAPABILITIES VM2_CAPABILITIES
check_for_chains() {
  "$COSMWASM_CHECK_3" --available-capabilities "$2" "$1" && "$COSMWASM_CHECK_2" --available-capabilities "$3" "$1"
}

# check_size WASM
check_size() {
  local bytes
  bytes=$(stat -c %s "$1")
  ((bytes <= MAX_WASM_BYTES)) || die "$1 has $bytes bytes, a chain takes $MAX_WASM_BYTES"
}

# check_decoding WASM: nothing is decoded by serde. One type that is brings its parser, whose words these are, for
# all of them: 45 KB.
check_decoding() {
  ! grep -qF 'invalid type: ' "$1" || die "$1 decodes something by serde, not by protocol::json"
}

# check_exports WASM NAME...: each NAME is an exported function.
check_exports() {
  local wasm=$1 missing
  shift
  missing=$(node -e '
    const [file, ...wanted] = process.argv.slice(1);
    const module = new WebAssembly.Module(require("fs").readFileSync(file));
    const exported = new Set(WebAssembly.Module.exports(module).map((entry) => entry.name));
    console.log(wanted.filter((name) => !exported.has(name)).join(" "));
  ' "$wasm" "$@")
  [[ -z $missing ]] || die "$wasm does not export $missing"
}
