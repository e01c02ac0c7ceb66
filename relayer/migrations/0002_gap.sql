-- What was not read and has to be scanned; a row stays while packets are left that cannot be moved.

CREATE TABLE gap (
  id  TEXT PRIMARY KEY,
  row TEXT NOT NULL
) WITHOUT ROWID;
