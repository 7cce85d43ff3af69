// Schema version 4: rows made by a clock that was wrong, schedules whose time zone cannot be read,
// and what must be found by its date whatever the order in which it came.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

const char* const migration_clock = R"sql(
-- The slots that open from here on were not made, because the zone's rules could not be read.
ALTER TABLE schedule ADD COLUMN owed_from INTEGER CHECK (owed_from IS NULL OR state = 1);

-- The server's clock when the row was made: what is later than now was made by a wrong one.
ALTER TABLE occurrence ADD COLUMN made_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX occurrence_made ON occurrence (made_at);
CREATE INDEX occurrence_missed ON occurrence (deadline) WHERE state = 3;
CREATE INDEX occurrence_not_asked ON occurrence (id) WHERE state = 1 AND outage = 0;

-- Kind 26: a miss that only a wrong clock found.
CREATE TABLE incident_event_next (
  n INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  incident BLOB NOT NULL REFERENCES incident (id),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 26),
  at INTEGER NOT NULL,
  step INTEGER NOT NULL,
  round INTEGER NOT NULL,
  act INTEGER REFERENCES act (id),
  record INTEGER REFERENCES checkin_record (id)
) STRICT;
INSERT INTO incident_event_next SELECT n, id, incident, kind, at, step, round, act, record
  FROM incident_event;
DROP TABLE incident_event;
ALTER TABLE incident_event_next RENAME TO incident_event;
CREATE INDEX incident_event_incident ON incident_event (incident, n);
CREATE INDEX incident_event_act ON incident_event (act) WHERE act IS NOT NULL;
CREATE INDEX incident_event_record ON incident_event (record) WHERE record IS NOT NULL;

CREATE INDEX mailbox_end ON mailbox (expires_at);
CREATE INDEX accepted_end ON accepted (received_at);
CREATE INDEX operator_notice_waiting ON operator_notice (code) WHERE state = 1;
)sql";

}  // namespace livlina::server::store
