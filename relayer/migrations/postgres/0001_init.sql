-- What ferry keeps, as in ../0001_init.sql and those after it. Every row is the JSON of the type of the same
-- name in src/model/rows.rs; text, so that what is read is what was written.

CREATE TABLE chain_cursor (
  chain TEXT PRIMARY KEY,
  row   TEXT NOT NULL
);

CREATE TABLE pair (
  path TEXT PRIMARY KEY,
  row  TEXT NOT NULL
);

CREATE TABLE channel (
  path TEXT   NOT NULL,
  idx  BIGINT NOT NULL,
  row  TEXT   NOT NULL,
  PRIMARY KEY (path, idx)
);

CREATE TABLE route (
  id  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  row TEXT NOT NULL UNIQUE
);

CREATE TABLE packet (
  route BIGINT NOT NULL REFERENCES route (id),
  seq   BIGINT NOT NULL,
  row   TEXT   NOT NULL,
  PRIMARY KEY (route, seq)
);

CREATE TABLE packet_data (
  route BIGINT NOT NULL REFERENCES route (id),
  seq   BIGINT NOT NULL,
  data  BYTEA  NOT NULL,
  ack   BYTEA,
  PRIMARY KEY (route, seq)
);

CREATE TABLE slot (
  chain    TEXT   NOT NULL,
  address  TEXT   NOT NULL,
  sequence BIGINT NOT NULL,
  attempt  BIGINT NOT NULL,
  row      TEXT   NOT NULL,
  bytes    BYTEA  NOT NULL,
  PRIMARY KEY (chain, address, sequence, attempt)
);

CREATE TABLE gap (
  id  TEXT PRIMARY KEY,
  row TEXT NOT NULL
);

CREATE TABLE lead (
  id  TEXT PRIMARY KEY,
  row TEXT NOT NULL
);

CREATE TABLE cost (
  chain    TEXT   NOT NULL,
  address  TEXT   NOT NULL,
  sequence BIGINT NOT NULL,
  place    BIGINT NOT NULL,
  day      BIGINT NOT NULL,
  row      TEXT   NOT NULL,
  PRIMARY KEY (chain, address, sequence, place)
);

CREATE INDEX cost_day ON cost (day);

-- Which replica relays: it holds the paths and the keys. `fence` grows with every holder, and what a
-- replica writes with an older one is refused.
CREATE TABLE lease (
  name    TEXT PRIMARY KEY,
  holder  TEXT NOT NULL,
  fence   BIGINT NOT NULL,
  expires TIMESTAMPTZ NOT NULL
);
