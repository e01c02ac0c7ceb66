-- What the messages of one day cost together, by what they were for, once each of them is not asked for any more.
-- Whatever stands here stands in `cost` no more.

CREATE TABLE cost_sum (
  day   INTEGER NOT NULL,
  path  TEXT    NOT NULL,
  what  TEXT    NOT NULL,
  chain TEXT    NOT NULL,
  denom TEXT    NOT NULL,
  row   TEXT    NOT NULL,
  PRIMARY KEY (day, path, what, chain, denom)
) WITHOUT ROWID;
