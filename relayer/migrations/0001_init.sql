-- What ferry keeps. Every row is the JSON of the type of the same name in src/model/rows.rs;
-- columns beside it are keys and what queries filter by. Bytes of packets and transactions live
-- here only, never in the model.

CREATE TABLE chain_cursor (
  chain TEXT PRIMARY KEY,
  row   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE pair (
  path TEXT PRIMARY KEY,
  row  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE channel (
  path  TEXT    NOT NULL,
  idx   INTEGER NOT NULL,
  row   TEXT    NOT NULL,
  PRIMARY KEY (path, idx)
) WITHOUT ROWID;

-- A route's JSON is 200 bytes and every packet has one: kept once.
CREATE TABLE route (
  id  INTEGER PRIMARY KEY,
  row TEXT NOT NULL UNIQUE
);

CREATE TABLE packet (
  route INTEGER NOT NULL REFERENCES route (id),
  seq   INTEGER NOT NULL,
  live  INTEGER NOT NULL,
  row   TEXT    NOT NULL,
  PRIMARY KEY (route, seq)
) WITHOUT ROWID;

CREATE INDEX packet_live ON packet (live) WHERE live = 1;

CREATE TABLE packet_data (
  route INTEGER NOT NULL REFERENCES route (id),
  seq   INTEGER NOT NULL,
  data  BLOB    NOT NULL,
  ack   BLOB,
  PRIMARY KEY (route, seq)
) WITHOUT ROWID;

-- outcome is null while the sequence is undecided.
CREATE TABLE slot (
  chain    TEXT    NOT NULL,
  address  TEXT    NOT NULL,
  sequence INTEGER NOT NULL,
  attempt  INTEGER NOT NULL,
  row      TEXT    NOT NULL,
  bytes    BLOB    NOT NULL,
  outcome  TEXT,
  PRIMARY KEY (chain, address, sequence, attempt)
) WITHOUT ROWID;

CREATE INDEX slot_undecided ON slot (chain, address) WHERE outcome IS NULL;
