// Schema version 7: notices go to channels that are tied to no device as well.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

const char* const migration_channels = R"sql(
-- channel: 1 device, 2 webhook, of a desk, which is the person then.
CREATE TABLE notification_next_table (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  cause BLOB NOT NULL CHECK (length(cause) = 16),
  person BLOB NOT NULL CHECK (length(person) = 32),
  channel INTEGER NOT NULL CHECK (channel IN (1, 2)),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5),
  code INTEGER NOT NULL,
  circle BLOB REFERENCES circle (id),
  incident BLOB REFERENCES incident (id),
  occurrence INTEGER REFERENCES occurrence (id),
  lane INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 3),
  severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
  step INTEGER NOT NULL,
  round INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  next_at INTEGER,
  version INTEGER NOT NULL,
  device BLOB CHECK (length(device) = 16),
  CHECK ((next_at IS NULL) = (state <> 1)),
  CHECK (device IS NULL OR channel = 1),
  UNIQUE (cause, person, channel)
) STRICT;
INSERT INTO notification_next_table SELECT id, cause, person, channel, kind, code, circle, incident,
  occurrence, lane, severity, step, round, at, state, attempts, next_at, version, device
  FROM notification ORDER BY rowid;
DROP TABLE notification;
ALTER TABLE notification_next_table RENAME TO notification;
CREATE INDEX notification_next ON notification (next_at) WHERE next_at IS NOT NULL AND channel = 1;
CREATE INDEX notification_of_channel ON notification (person, next_at)
  WHERE next_at IS NOT NULL AND channel = 2;
CREATE UNIQUE INDEX notification_one_pending ON notification (incident, person, channel)
  WHERE state = 1 AND incident IS NOT NULL;
CREATE INDEX notification_person ON notification (person) WHERE state = 1;
CREATE INDEX notification_incident ON notification (incident) WHERE incident IS NOT NULL;
CREATE INDEX notification_occurrence ON notification (occurrence) WHERE occurrence IS NOT NULL;

-- channel: 1 command, 2 webhook; a line is delivered by each of them.
CREATE TABLE operator_notice_next_table (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  cause BLOB NOT NULL CHECK (length(cause) = 16),
  channel INTEGER NOT NULL DEFAULT 1 CHECK (channel IN (1, 2)),
  incident BLOB REFERENCES incident (id),
  code INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  next_at INTEGER,
  version INTEGER NOT NULL,
  CHECK ((next_at IS NULL) = (state <> 1)),
  UNIQUE (cause, channel)
) STRICT;
INSERT INTO operator_notice_next_table SELECT id, cause, 1, incident, code, severity, at, state,
  attempts, next_at, version FROM operator_notice ORDER BY rowid;
DROP TABLE operator_notice;
ALTER TABLE operator_notice_next_table RENAME TO operator_notice;
CREATE INDEX operator_notice_next ON operator_notice (channel, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX operator_notice_incident ON operator_notice (incident) WHERE incident IS NOT NULL;
CREATE INDEX operator_notice_waiting ON operator_notice (code) WHERE state = 1;

-- A webhook that failed for good, until it takes something again. person: the desk; zeros: the operator.
CREATE TABLE channel_failure (
  person BLOB PRIMARY KEY CHECK (length(person) = 32),
  since INTEGER NOT NULL,
  next_at INTEGER NOT NULL  -- when it is tried again
) STRICT;
CREATE INDEX channel_failure_next ON channel_failure (next_at);
)sql";

}  // namespace livlina::server::store
