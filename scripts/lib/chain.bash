# One chain of the local pair: its genesis, its configuration, its process. Sourced by scripts/localnet.
# A chain is named `a` or `b`. Needs STATE, OFFSET, PAUSE_MS, MAX_GAS, SIGNER, WASMD_OF and lib/report.bash.
# shellcheck shell=bash

CHAIN_TIMEOUT_SECONDS=60

chain_id() { case $1 in a) echo wasmdev-1 ;; b) echo betanet ;; esac; }
chain_token() { case $1 in a) echo utok ;; b) echo usdx ;; esac; }
chain_home() { echo "$STATE/$1"; }
chain_log() { echo "$STATE/$1.log"; }

# chain_port NAME p2p|rpc|grpc|rest
chain_port() {
  local base
  case $2 in
    p2p) base=26656 ;;
    rpc) base=26657 ;;
    grpc) base=9090 ;;
    rest) base=1317 ;;
  esac
  [[ $1 == b ]] && base=$((base + 100))
  echo $((base + OFFSET))
}

chain_rpc() { echo "http://127.0.0.1:$(chain_port "$1" rpc)"; }

chain_grpc() { echo "http://127.0.0.1:$(chain_port "$1" grpc)"; }

# chain_create NAME: makes home, genesis and configuration, from the keys and the accounts in STATE.
chain_create() {
  local home wasmd=${WASMD_OF[$1]}
  home=$(chain_home "$1")
  "$wasmd" init "$1" --chain-id "$(chain_id "$1")" --default-denom stake --home "$home"
  cp -r "$STATE/keys/keyring-test" "$home/keyring-test"
  chain_edit_genesis "$home/config/genesis.json"
  chain_add_accounts "$1"
  "$wasmd" genesis gentx validator 100000000000stake --chain-id "$(chain_id "$1")" \
    --keyring-backend test --home "$home"
  "$wasmd" genesis collect-gentxs --home "$home"
  "$wasmd" genesis validate --home "$home"
  chain_configure "$home/config"
}

# Proposals pass within seconds, no inflation so that tests can compare total supplies, one bad minute
# does not jail the validator. `max_expected_time_per_block` is what Hermes derives its retry delay from. No node
# throws blocks away in which evidence may be of use: one that does shall not wait for days.
chain_edit_genesis() {
  jq --arg max_gas "$MAX_GAS" '
    .app_state.gov.params.voting_period = "7s"
    | .app_state.gov.params.expedited_voting_period = "6s"
    | .app_state.gov.params.max_deposit_period = "12s"
    | .app_state.gov.params.min_deposit = [{denom: "stake", amount: "1000"}]
    | .app_state.gov.params.expedited_min_deposit = [{denom: "stake", amount: "2000"}]
    | .app_state.mint.minter.inflation = "0.000000000000000000"
    | .app_state.mint.params.inflation_max = "0.000000000000000000"
    | .app_state.mint.params.inflation_min = "0.000000000000000000"
    | .app_state.mint.params.inflation_rate_change = "0.000000000000000000"
    | .app_state.slashing.params.signed_blocks_window = "100000"
    | .app_state.ibc.connection_genesis.params.max_expected_time_per_block = "1000000000"
    | .consensus.params.block.max_gas = $max_gas
    | .consensus.params.evidence.max_age_num_blocks = "10"
  ' "$1" >"$1.new"
  mv "$1.new" "$1"
}

chain_add_accounts() {
  local home
  home=$(chain_home "$1")
  jq --arg token "$(chain_token "$1")" '[.[] | {
      address: .address,
      coins: [{denom: "stake", amount: "1000000000000"}, {denom: $token, amount: "1000000000000"}]
    }]' "$STATE/accounts.json" >"$home/accounts.json"
  "${WASMD_OF[$1]}" genesis bulk-add-genesis-account "$home/accounts.json" --home "$home"
}

# A block interval is the commit timeout plus the time to execute and store. Requests may carry a whole
# contract in base64; old states are kept, since a relayer proves packets at heights long gone.
chain_configure() {
  sed -i \
    -e 's/^timeout_propose = .*/timeout_propose = "1s"/' \
    -e 's/^timeout_prevote = .*/timeout_prevote = "300ms"/' \
    -e 's/^timeout_precommit = .*/timeout_precommit = "300ms"/' \
    -e "s/^timeout_commit = .*/timeout_commit = \"${PAUSE_MS}ms\"/" \
    -e 's/^pex = .*/pex = false/' \
    -e 's/^seeds = .*/seeds = ""/' \
    -e 's/^addr_book_strict = .*/addr_book_strict = false/' \
    -e 's/^max_body_bytes = .*/max_body_bytes = 10000000/' \
    -e 's/^max_tx_bytes = .*/max_tx_bytes = 4194304/' \
    -e 's/^max_subscriptions_per_client = .*/max_subscriptions_per_client = 50/' \
    -e 's/^pprof_laddr = .*/pprof_laddr = ""/' "$1/config.toml"
  sed -i \
    -e 's/^minimum-gas-prices = .*/minimum-gas-prices = "0.001stake"/' \
    -e 's/^pruning = .*/pruning = "custom"/' \
    -e 's/^pruning-keep-recent = .*/pruning-keep-recent = "100000"/' \
    -e 's/^pruning-interval = .*/pruning-interval = "1000"/' \
    -e 's/^iavl-cache-size = .*/iavl-cache-size = 20000/' "$1/app.toml"
}

# chain_pid NAME: prints the process id when our process runs; a reused id does not count.
chain_pid() {
  local pid
  pid=$(cat "$STATE/$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "--home $(chain_home "$1") " || return 1
  echo "$pid"
}

# chain_height NAME: prints the height of the newest block, or fails when the RPC does not answer.
chain_height() {
  curl --silent --fail --max-time 2 "$(chain_rpc "$1")/status" |
    jq -er '.result.sync_info.latest_block_height'
}

# chain_require_ports NAME: another program on one of the chain's ports would be taken for the chain.
chain_require_ports() {
  local kind port
  for kind in p2p rpc grpc rest; do
    port=$(chain_port "$1" "$kind")
    if port_answers "$port"; then
      die "port $port ($kind of chain $1) is in use by another program: stop it, or set LOCALNET_PORT_OFFSET"
    fi
  done
}

# chain_start NAME: starts the node in a session of its own, so that Ctrl-C in the terminal does not end it.
chain_start() {
  local signer=()
  [[ $1 == a && -n $SIGNER ]] && signer=(--priv_validator_laddr "unix://$SIGNER")
  setsid "${WASMD_OF[$1]}" start --home "$(chain_home "$1")" \
    --rpc.laddr "tcp://127.0.0.1:$(chain_port "$1" rpc)" --p2p.laddr "tcp://127.0.0.1:$(chain_port "$1" p2p)" \
    --grpc.address "127.0.0.1:$(chain_port "$1" grpc)" --grpc-web.enable=false \
    --api.enable=true --api.address "tcp://127.0.0.1:$(chain_port "$1" rest)" \
    "${signer[@]}" --log_level 'state:info,*:error' --log_no_color </dev/null >>"$(chain_log "$1")" 2>&1 9>&- &
  echo $! >"$STATE/$1.pid"
}

# chain_wait NAME: returns when the chain has made a block since its start and serves gRPC.
chain_wait() {
  local deadline=$((SECONDS + CHAIN_TIMEOUT_SECONDS)) height first=
  while ((SECONDS < deadline)); do
    # Not chain_pid: a process that has only just been forked does not carry its name yet.
    if ! kill -0 "$(cat "$STATE/$1.pid")" 2>/dev/null; then
      tail -n 20 "$(chain_log "$1")" >&2
      die "chain $1 stopped while starting; its log is $(chain_log "$1")"
    fi
    if height=$(chain_height "$1" 2>/dev/null); then
      first=${first:-$height}
      if ((height > first)) && port_answers "$(chain_port "$1" grpc)"; then
        return
      fi
    fi
    sleep 0.2
  done
  die "chain $1 made no block in $CHAIN_TIMEOUT_SECONDS s; its log is $(chain_log "$1")"
}

# chain_stop NAME: asks the process to end, and kills it when it does not within ten seconds.
chain_stop() {
  local pid deadline=$((SECONDS + 10))
  pid=$(chain_pid "$1") || return 0
  kill "$pid"
  while chain_pid "$1" >/dev/null; do
    if ((SECONDS >= deadline)); then
      note "chain $1 (process $pid) does not end: killing it"
      kill -9 "$pid"
      break
    fi
    sleep 0.1
  done
  rm -f "$STATE/$1.pid"
}

port_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
