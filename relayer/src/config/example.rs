//! The file that `ferry init` writes: the manual of the configuration, with every key.

/// The text of the file.
pub const EXAMPLE: &str = r#"# ferry's configuration.
# A key that is commented out shows its default. An unknown key or a wrong value is an error with its line.

[ferry]
# Where ferry keeps what it knows, relative to the home directory.
# store = "ferry.db"
# What is logged: error, warn, info, debug, or directives such as "ferry=debug,cosmos=info". A running ferry takes
# a change over at SIGHUP.
# log = "info"
# How it is logged: "text" or "json" (one object a line).
# log_format = "text"
# After how many failures a message is given up; `ferry packets` then shows why. Each check (`check_every`) lets some
# of them try again, and if one goes through, all of its kind; `ferry clear` lets all of them at once.
# max_tries = 10
# For how many days `ferry costs` knows what was paid.
# cost_days = 400
# For how many of them it knows that of each packet, today included. What is older is one sum for each day and channel:
# a million packets take a gigabyte.
# cost_packet_days = 3
# How often the state of every channel is compared with what was read, which finds what a node did not tell, and
# messages that were given up are tried again. "0s": never.
# check_every = "1h"
# Paths on which nothing is sent: no packets, no handshakes, no updates of clients, which expire in time;
# as in ["chain-a-chain-b"].
# paused = []
# Paths that serve some of their channels only, by the ends on the path's first chain: PORT/CHANNEL with * for any text; as
# in { "chain-a-chain-b" = ["transfer/channel-141"] }. A path that is not named serves all that `filter` leaves.
# only = {}

# A PostgreSQL database instead of the file, so that several ferries with the same keys can stand by: one relays,
# and when it has not been heard of for as long as the lease holds, another goes on where it stopped. The password may
# also be in PGPASSWORD or in ~/.pgpass.
# [store]
# url = "postgres://ferry@db.example/ferry"
# lease = "15s"

[serve]
# Where the status page, metrics (/metrics) and JSON (/api) are: an address with a port, or "off". Who can
# reach it can read everything, so leave it on this machine or put a proxy before it. Without this key ferry
# goes on when another program has the port.
# listen = "127.0.0.1:3880"
# A file with the token that allows to change things there, relative to the home directory. Without one nothing
# can be changed.
# token_file = "token"

# One section for each chain. Then: `ferry keys add NAME`, fund its address, `ferry link A B`, `ferry start`.
#
# [[chain]]
# The chain id, as the chain signs it.
# id = "wasmdev-1"
# CometBFT RPC endpoints, the preferred one first.
# rpc = ["http://127.0.0.1:26657"]
# Endpoints that keep all blocks. They are asked only for what the others have thrown away: blocks in which packets were
# sent that a scan finds, headers that a client trusts, and their validators.
# archive_rpc = ["http://archive.example:26657"]
# Prefix of the chain's addresses.
# address_prefix = "wasm"
# The key that signs (`ferry keys list`), or several as in ["relayer", "second"]: each client has one of them, and
# where one is out of money its clients go to the others. More keys do not make ferry faster.
# key = "relayer"
# Price of one unit of gas, with the denom that pays.
# gas_price = "0.001stake"
# Follow the price that the chain sets from block to block: module "feemarket" or "osmosis". What it demands is
# multiplied, since the next block may demand more; gas_price is the least. While that is above max, nothing is sent but
# updates of clients that are about to expire, and evidence; above max_urgent (default: ten times max) not even that.
# dynamic_gas_price = { module = "feemarket", multiplier = 1.15, max = "0.1stake", max_urgent = "1stake" }
# What the gas of a simulated transaction is multiplied with for its limit; fees are paid on the limit.
# gas_multiplier = 1.02
# Send large batches of transfers without simulating them, once it is known what such messages take.
# learn_gas = true
# The most gas of one transaction, which must hold a client update and one message. By default a transaction may
# take what a block does, and 4000000 where it has a single message: who sends a packet decides what it costs.
# max_gas = 4000000
# Leave messages to this chain to other relayers for so many of its blocks, and relay only what they did not; what
# `ferry link` asked for goes at once.
# backup_blocks = 0
# The same on channels where others bring most messages, and for handshakes where they take most steps, until they fall
# behind: who comes second pays for nothing.
# polite_blocks = 1
# Whose channels ferry opens and closes: "all" also pays for the handshakes that others begin on the connections it serves,
# "own" for those that `ferry link` asked for. Packets are carried on all channels, whoever opened them.
# handshakes = "all"
# Channel ends that are served (default: all) or not, handshakes included: PORT/CHANNEL, each with * for any text. In
# IBC v2 PORT/CLIENT, such as transfer/07-tendermint-3, for each port that a packet names; after a change `ferry clear`.
# filter.allow_channels = []
# filter.deny_channels = []
# Packets sent from this chain that are not carried, by the end that sent them: PORT/CHANNEL/SEQUENCE, with * for any
# text, or PORT/CHANNEL/FIRST-LAST; as in ["transfer/channel-0/17", "*/channel-0/20-29"].
# filter.deny_packets = []
# Transfers sent from this chain that are not carried: by sender, by denom as the packet names it (with *), by the
# bytes of memo and receiver. `ferry packets` shows the reason; after a change, `ferry clear` looks at them anew.
# filter.deny_senders = []
# filter.allow_denoms = []
# filter.deny_denoms = []
# By default memo and receiver may be of any length; Hermes carries those of up to so many bytes:
# filter.max_memo_bytes = 32768
# filter.max_receiver_bytes = 2048
# The account that pays the fees by a grant, instead of the key's own; or several as in ["wasm1…", "wasm1…"], of which the
# first pays whose grant is there, has not ended, has enough left and is for these messages. Without such a one the key pays.
# fee_granter = "wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7"
# Below this much of the fee denom an account that pays is running dry: ferry warns, and `doctor` and the
# metrics show it. Zero: never.
# low_balance = 0
# Text in every transaction, beside ferry's name and version.
# memo = ""
# Options in every transaction. On chains of Ethermint `ethermint_dynamic_fee` is the most that a unit of gas costs above the
# base fee, in the fee denom; without it all that the fee leaves above the base fee is paid.
# extension_options = [{ type = "ethermint_dynamic_fee", value = "1000000" }]
# The most messages in one transaction.
# max_msgs = 100
# For how long clients of this chain trust a header; default two thirds of its unbonding period.
# trusting_period = "14d"
# How much of the voting power that a client of this chain trusts must have signed a header. A client that stands already
# has its own, which must be said here if it is another.
# trust_threshold = "1/3"
# How far a header of this chain may be ahead of the other chain's clock.
# max_clock_drift = "40s"
# How long one request may take. Proofs and headers, which take many, are waited for three times as long.
# rpc_timeout = "10s"
"#;
