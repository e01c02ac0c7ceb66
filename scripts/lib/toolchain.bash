# Versions of the tools that the scripts install, and how each is installed. Sourced, never run.
# shellcheck shell=bash disable=SC2034

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${ENTREPOT_CACHE:-$HOME/.cache/entrepot}

# The newest Rust whose wasm every released chain accepts: 1.87 began to emit bulk-memory instructions.
WASM_RUST=1.86.0
BINARYEN=132
PLAYWRIGHT_VERSION=1.65.1
DOCKERFILE_UTILS_VERSION=0.16.3
# Their lock files pin the VM of the same version: 3.0.9 is what wasmd 0.61.14 runs.
COSMWASM_CHECK_VM3=3.0.9
COSMWASM_CHECK_VM2=2.3.4
CARGO_DENY_VERSION=0.20.2
WASMD=0.61.14

# need TOOL...: makes sure that each command exists; root on Debian installs it, others are told what to do.
need() {
  local tool package
  for tool in "$@"; do
    command -v "$tool" >/dev/null && continue
    package=$(debian_package "$tool")
    if [[ -n $package ]] && ((EUID == 0)) && command -v apt-get >/dev/null; then
      step "installing $package, for $tool" "$CACHE/log/apt-$tool.log" apt_install "$package"
    fi
    command -v "$tool" >/dev/null || die "$tool is missing: $(how_to_install "$tool")"
  done
}

debian_package() {
  case $1 in
    node) echo nodejs ;;
    cc) echo build-essential ;;
    flock) echo util-linux ;;
    initdb) echo postgresql ;;
    protoc) echo protobuf-compiler ;;
    curl | git | jq | npm | shellcheck) echo "$1" ;;
  esac
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1" ||
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"; }
}

how_to_install() {
  case $1 in
    go) echo "install Go 1.24 or newer from https://go.dev/dl, or set WASMD_BIN to a wasmd v$WASMD" ;;
    cargo | rustup) echo "install Rust with rustup from https://rustup.rs" ;;
    *) echo "install the package \`$(debian_package "$1")\` of your system (Debian: apt-get install $(debian_package "$1"))" ;;
  esac
}

# install_once DIR LABEL COMMAND...: runs COMMAND, which fills DIR, unless an earlier run completed it.
# Two scripts that want the same tool take turns.
install_once() {
  local dir=$1 label=$2
  shift 2
  [[ -e $dir/.complete ]] && return
  need flock
  mkdir -p "$CACHE/log" "$dir"
  exec {lock}>"$dir.lock"
  flock --exclusive "$lock"
  if [[ ! -e $dir/.complete ]]; then
    step "$label" "$CACHE/log/${dir##*/}.log" "$@" "$dir"
    touch "$dir/.complete"
  fi
  exec {lock}>&-
}

install_lints() {
  need cargo
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    need rustup
    step "installing rustfmt and clippy" "$CACHE/log/lints.log" rustup component add rustfmt clippy
  fi
}

install_wasm_rust() {
  need cargo rustup cc
  if ! rustup target list --installed --toolchain "$WASM_RUST" 2>/dev/null | grep -qx wasm32-unknown-unknown; then
    step "installing Rust $WASM_RUST for wasm" "$CACHE/log/rust-$WASM_RUST.log" \
      rustup toolchain install "$WASM_RUST" --profile minimal -t wasm32-unknown-unknown --no-self-update
  fi
}

# Sets WASM_OPT.
install_wasm_opt() {
  need node npm
  install_once "$CACHE/binaryen-$BINARYEN" "installing wasm-opt (npm binaryen@$BINARYEN)" npm_install_binaryen
  WASM_OPT=$CACHE/binaryen-$BINARYEN/node_modules/.bin/wasm-opt
}

npm_install_binaryen() {
  npm install --no-audit --no-fund --prefix "$1" "binaryen@$BINARYEN"
}

# Sets PLAYWRIGHT, a folder with playwright-core, and CHROMIUM unless the environment names a browser.
install_browser() {
  need node npm
  install_once "$CACHE/playwright-$PLAYWRIGHT_VERSION" "installing playwright-core $PLAYWRIGHT_VERSION" npm_install_playwright
  PLAYWRIGHT=$CACHE/playwright-$PLAYWRIGHT_VERSION
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  if [[ -z $CHROMIUM ]]; then
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
      die "Chromium is missing: \`apt-get install chromium\` as root, or set CHROMIUM to a browser built from it"
    fi
    step "installing Chromium" "$CACHE/log/chromium.log" install_chromium
    CHROMIUM=$(command -v chromium)
  fi
  export PLAYWRIGHT CHROMIUM
}

npm_install_playwright() {
  npm install --no-audit --no-fund --prefix "$1" "playwright-core@$PLAYWRIGHT_VERSION"
}

install_chromium() {
  apt_install chromium
  apt_install fonts-dejavu-core
}

# Sets DOCKERFILE_UTILS, a folder with the package of that name.
install_dockerfile_utils() {
  need node npm
  DOCKERFILE_UTILS=$CACHE/dockerfile-utils-$DOCKERFILE_UTILS_VERSION
  install_once "$DOCKERFILE_UTILS" "installing dockerfile-utils $DOCKERFILE_UTILS_VERSION" npm_install_dockerfile_utils
}

npm_install_dockerfile_utils() {
  npm install --no-audit --no-fund --prefix "$1" "dockerfile-utils@$DOCKERFILE_UTILS_VERSION"
}

# Sets COSMWASM_CHECK_3 and COSMWASM_CHECK_2.
install_cosmwasm_checks() {
  install_wasm_rust
  local version
  for version in "$COSMWASM_CHECK_VM3" "$COSMWASM_CHECK_VM2"; do
    install_once "$CACHE/cosmwasm-check-$version" "building cosmwasm-check $version (once, some minutes)" \
      cargo_install_cosmwasm_check "$version"
  done
  COSMWASM_CHECK_3=$CACHE/cosmwasm-check-$COSMWASM_CHECK_VM3/bin/cosmwasm-check
  COSMWASM_CHECK_2=$CACHE/cosmwasm-check-$COSMWASM_CHECK_VM2/bin/cosmwasm-check
}

# Newer compilers do not link the old wasmer of 2.3.4; without --locked cargo takes a newer VM than the version says.
cargo_install_cosmwasm_check() {
  CARGO_TARGET_DIR=$2/target cargo "+$WASM_RUST" install --locked cosmwasm-check --version "$1" --root "$2"
  rm -rf "$2/target"
}

# Sets CARGO_DENY.
install_cargo_deny() {
  need cargo
  install_once "$CACHE/cargo-deny-$CARGO_DENY_VERSION" "building cargo-deny $CARGO_DENY_VERSION (once, some minutes)" \
    cargo_install_deny
  CARGO_DENY=$CACHE/cargo-deny-$CARGO_DENY_VERSION/bin/cargo-deny
}

cargo_install_deny() {
  CARGO_TARGET_DIR=$1/target cargo install --locked cargo-deny --version "$CARGO_DENY_VERSION" --root "$1"
  rm -rf "$1/target"
}

# Sets WASMD_BIN, unless the caller's environment names one.
install_wasmd() {
  if [[ -n ${WASMD_BIN:-} ]]; then
    [[ -x $WASMD_BIN ]] || die "WASMD_BIN=$WASMD_BIN is not an executable file"
    return
  fi
  install_wasmd_version "$WASMD"
}

# install_wasmd_version VERSION: sets WASMD_BIN to a wasmd of that version, built from the module scripts/wasmd/VERSION.
install_wasmd_version() {
  local version=$1 digest
  local module=$REPO/scripts/wasmd/$version
  if [[ ! -e $module/go.mod ]]; then
    die "wasmd $version is not known; known: $(wasmd_versions)"
  fi
  digest=$(cat "$module"/* | sha256sum | cut -c1-12)
  local dir=$CACHE/wasmd-$version-$digest
  if [[ ! -e $dir/.complete ]]; then
    need go cc
  fi
  install_once "$dir" "building wasmd v$version (once, about five minutes)" go_build_wasmd "$module"
  WASMD_BIN=$dir/wasmd
}

# Prints the versions there is a module for.
wasmd_versions() {
  local module versions=()
  for module in "$REPO"/scripts/wasmd/*/; do
    versions+=("$(basename "$module")")
  done
  local IFS=,
  echo "${versions[*]}"
}

# The linker path of libwasmvm points into Go's module cache, which `go clean -modcache` empties:
# the library is copied beside the binary, which looks there as well ($ORIGIN).
go_build_wasmd() {
  local module=$1 dir=$2 wasmvm library modfile=()
  cd "$module" || return
  if [[ -e app.sed ]]; then
    change_wasmd "$dir"
    modfile=("-modfile=$dir/go.mod")
  fi
  CGO_ENABLED=1 go build -mod=readonly "${modfile[@]}" -tags netgo -o "$dir/wasmd" -ldflags "\
    -X github.com/cosmos/cosmos-sdk/version.Name=wasm \
    -X github.com/cosmos/cosmos-sdk/version.AppName=wasmd \
    -X github.com/cosmos/cosmos-sdk/version.Version=$(basename "$module") \
    -X github.com/CosmWasm/wasmd/app.Bech32Prefix=wasm \
    -extldflags '-Wl,-rpath,\$ORIGIN'" github.com/CosmWasm/wasmd/cmd/wasmd
  wasmvm=$(grep -o 'github.com/CosmWasm/wasmvm/v[0-9]*' go.mod)
  library=$(go list -m -f '{{.Dir}}' "$wasmvm")/internal/api/libwasmvm.$(uname -m).so
  install -m 755 "$library" "$dir/"
  "$dir/wasmd" version
}

# Copies wasmd's source, with app/app.go as app.sed changes it and hooks.go beside it, and has a copy of go.mod name it.
change_wasmd() {
  local source=$1/source original
  go mod download github.com/CosmWasm/wasmd
  original=$(go list -mod=readonly -m -f '{{.Dir}}' github.com/CosmWasm/wasmd)
  rm -rf "$source"
  cp -r --no-preserve=mode "$original" "$source"
  sed -f app.sed "$original/app/app.go" >"$source/app/app.go"
  cp hooks.go "$source/app/"
  cp go.mod go.sum "$1/"
  go mod edit -replace "github.com/CosmWasm/wasmd=$source" "$1/go.mod"
}
