-- As in ../0005_cost_sum.sql.

CREATE TABLE cost_sum (
  day   BIGINT NOT NULL,
  path  TEXT   NOT NULL,
  what  TEXT   NOT NULL,
  chain TEXT   NOT NULL,
  denom TEXT   NOT NULL,
  row   TEXT   NOT NULL,
  PRIMARY KEY (day, path, what, chain, denom)
);
