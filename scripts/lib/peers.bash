# The relayers that ferry is measured against, and how each is built. Sourced by scripts/bench. Needs CACHE, REPO and
# lib/{report,toolchain}.bash.
# shellcheck shell=bash

RLY=2.6.0
HERMES=1.13.2
# Hermes' dependency that downloads the proving keys of Penumbra while it is built, and of which we give it a copy without.
PROOF_PARAMS=penumbra-sdk-proof-params
PROOF_PARAMS_VERSION=2.0.1
# Its build takes a smaller file for a pointer to the key.
KEY_BYTES=512

# Sets RLY_BIN, unless the caller's environment names one.
install_rly() {
  if [[ -n ${RLY_BIN:-} ]]; then
    [[ -x $RLY_BIN ]] || die "RLY_BIN=$RLY_BIN is not an executable file"
    return
  fi
  local module=$REPO/scripts/rly digest
  digest=$(cat "$module/go.mod" "$module/go.sum" | sha256sum | cut -c1-12)
  local dir=$CACHE/rly-$RLY-$digest
  if [[ ! -e $dir/.complete ]]; then
    need go
  fi
  install_once "$dir" "building rly v$RLY (once, about six minutes)" go_build_rly "$module"
  RLY_BIN=$dir/rly
}

go_build_rly() {
  local module=$1 dir=$2
  cd "$module" || return
  nice -n 19 go build -mod=readonly -o "$dir/rly" \
    -ldflags "-X github.com/cosmos/relayer/v2/cmd.Version=$RLY" github.com/cosmos/relayer/v2
  "$dir/rly" version
}

# Sets HERMES_BIN, unless the caller's environment names one.
install_hermes() {
  if [[ -n ${HERMES_BIN:-} ]]; then
    [[ -x $HERMES_BIN ]] || die "HERMES_BIN=$HERMES_BIN is not an executable file"
    return
  fi
  local dir=$CACHE/hermes-$HERMES
  if [[ ! -e $dir/.complete ]]; then
    need cargo cc protoc
    need_libclang
  fi
  install_once "$dir" "building Hermes v$HERMES (once, about an hour)" cargo_install_hermes
  HERMES_BIN=$dir/bin/hermes
}

cargo_install_hermes() {
  copy_proof_params "$1/$PROOF_PARAMS"
  nice -n 19 env CARGO_TARGET_DIR="$1/target" cargo install --locked ibc-relayer-cli --version "$HERMES" --bin hermes \
    --root "$1" --config "patch.crates-io.$PROOF_PARAMS.path=\"$1/$PROOF_PARAMS\""
  rm -rf "$1/target"
  "$1/bin/hermes" --version
}

# copy_proof_params DIR: a copy of the crate whose proving keys are zeros. Hermes reads them for Penumbra only.
copy_proof_params() {
  local source pointer
  cargo info --quiet "$PROOF_PARAMS@$PROOF_PARAMS_VERSION" --registry crates-io
  source=$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$PROOF_PARAMS-$PROOF_PARAMS_VERSION")
  rm -rf "$1"
  cp -r "$source" "$1"
  for pointer in "$1"/src/gen/*_pk.bin; do
    head -c "$KEY_BYTES" /dev/zero >"$pointer"
  done
}

# RocksDB's bindings are made by a library, for which there is no command to look for.
need_libclang() {
  has_libclang && return
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    step "installing libclang-dev, for Hermes" "$CACHE/log/apt-libclang.log" apt_install libclang-dev
  fi
  has_libclang || die "libclang is missing: install the package \`libclang-dev\` of your system, or set LIBCLANG_PATH"
}

has_libclang() {
  [[ -n ${LIBCLANG_PATH:-} ]] || compgen -G '/usr/lib/llvm-*/lib/libclang[-.][0-9s]*' >/dev/null ||
    ldconfig -p | grep 'libclang[-.0-9]*\.so' >/dev/null
}
