-- Packets that are over and sequences that are decided leave the store at once: only what they cost stays.

DELETE FROM packet_data
WHERE NOT EXISTS (
  SELECT 1 FROM packet
  WHERE packet.route = packet_data.route AND packet.seq = packet_data.seq AND packet.live = 1
);
DELETE FROM packet WHERE live = 0;
DROP INDEX packet_live;
ALTER TABLE packet DROP COLUMN live;

DELETE FROM slot WHERE outcome IS NOT NULL;
DROP INDEX slot_undecided;
ALTER TABLE slot DROP COLUMN outcome;

-- Who brought the last messages of a route, as of the last time that another relayer began or ceased to lead.
CREATE TABLE lead (
  id  TEXT PRIMARY KEY,
  row TEXT NOT NULL
) WITHOUT ROWID;
