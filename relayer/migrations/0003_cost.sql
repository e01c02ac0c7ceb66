-- What every message cost that ferry paid for; `day` counts from 1970, by the block's time.

CREATE TABLE cost (
  chain    TEXT    NOT NULL,
  address  TEXT    NOT NULL,
  sequence INTEGER NOT NULL,
  place    INTEGER NOT NULL,
  day      INTEGER NOT NULL,
  row      TEXT    NOT NULL,
  PRIMARY KEY (chain, address, sequence, place)
) WITHOUT ROWID;

CREATE INDEX cost_day ON cost (day);
