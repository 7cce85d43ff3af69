// Schema version 2: the watch. What each column is kept for, and until when, stands in
// protocol/spec/metadata.md.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

// Numbers of states and kinds are those of server/policy. Instants are UTC milliseconds. Every row
// that can act has a next_at, which is empty exactly when its state is an end.
const char* const migration_watch = R"sql(
CREATE TABLE policy (
  version INTEGER PRIMARY KEY,
  category INTEGER NOT NULL CHECK (category IN (1, 2)),
  wait INTEGER NOT NULL CHECK (wait > 0),
  calm_wait INTEGER NOT NULL CHECK (calm_wait > 0),
  lease INTEGER NOT NULL CHECK (lease > 0),
  lease_cut INTEGER NOT NULL CHECK (lease_cut > 0),
  loud_delay INTEGER NOT NULL CHECK (loud_delay >= 0),
  UNIQUE (category, wait, calm_wait, lease, lease_cut, loud_delay)
) STRICT;

-- state: 1 running, 2 resting (its circle is not watched), 3 ended (replaced, or no slots left)
CREATE TABLE schedule (
  id INTEGER PRIMARY KEY,
  circle BLOB NOT NULL REFERENCES circle (id),
  schedule_id BLOB NOT NULL CHECK (length(schedule_id) = 16),
  plan_version INTEGER NOT NULL CHECK (plan_version >= 1),
  zone TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL CHECK (valid_to > valid_from),
  opens_before INTEGER NOT NULL CHECK (opens_before >= 0),
  grace INTEGER NOT NULL CHECK (grace > 0),
  reminders BLOB NOT NULL CHECK (length(reminders) % 4 = 0),
  times BLOB NOT NULL CHECK (length(times) % 3 = 0),
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  next_at INTEGER,
  CHECK ((next_at IS NULL) = (state <> 1)),
  UNIQUE (circle, schedule_id, plan_version)
) STRICT;
CREATE INDEX schedule_next ON schedule (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedule_live ON schedule (circle) WHERE state <> 3;

-- kind: protocol::RecordType, 6 a log-in by a shadow. flags: 1 gap, 2 prev differs, 4 fork, 8 late seq.
CREATE TABLE checkin_record (
  id INTEGER PRIMARY KEY,
  circle BLOB NOT NULL REFERENCES circle (id),
  device BLOB NOT NULL CHECK (length(device) = 16),
  shadow INTEGER NOT NULL CHECK (shadow IN (0, 1)),
  kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3, 4, 6)),
  answer INTEGER NOT NULL CHECK (answer BETWEEN 0 AND 3),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  named_seq INTEGER NOT NULL,
  record BLOB CHECK ((record IS NULL) = (kind = 6)),
  reply BLOB CHECK ((reply IS NULL) = (kind = 6)),
  received_at INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  late INTEGER NOT NULL CHECK (late IN (0, 1)),
  judged INTEGER NOT NULL CHECK (judged IN (0, 1)),
  UNIQUE (device, hash)
) STRICT;
CREATE INDEX checkin_record_unjudged ON checkin_record (id) WHERE judged = 0;
CREATE INDEX checkin_record_seq ON checkin_record (device, seq);

-- state: 1 open, 2 answered, 3 missed, 4 excused; excuse: 0 none, 1 pause, 2 outage, 3 staff
CREATE TABLE occurrence (
  id INTEGER PRIMARY KEY,
  circle BLOB NOT NULL REFERENCES circle (id),
  schedule INTEGER NOT NULL REFERENCES schedule (id),
  schedule_id BLOB NOT NULL CHECK (length(schedule_id) = 16),
  day INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  opens_at INTEGER NOT NULL CHECK (opens_at <= due),
  due INTEGER NOT NULL,
  deadline INTEGER NOT NULL CHECK (deadline > due),
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3, 4)),
  excuse INTEGER NOT NULL CHECK (excuse BETWEEN 0 AND 3 AND (excuse <> 0) = (state = 4)),
  answer INTEGER NOT NULL CHECK (answer BETWEEN 0 AND 3 AND (answer <> 0) = (state = 2)),
  answered_by INTEGER REFERENCES checkin_record (id),
  answered_at INTEGER,
  outage INTEGER NOT NULL CHECK (outage IN (0, 1)),
  reminded INTEGER NOT NULL CHECK (reminded >= 0),
  next_at INTEGER,
  version INTEGER NOT NULL,
  CHECK ((next_at IS NULL) = (state <> 1)),
  CHECK ((answered_by IS NOT NULL) = (state = 2)),
  CHECK ((answered_at IS NOT NULL) = (state = 2)),
  UNIQUE (schedule, day, slot)
) STRICT;
CREATE INDEX occurrence_next ON occurrence (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX occurrence_deadline ON occurrence (deadline) WHERE state = 1;
CREATE INDEX occurrence_circle ON occurrence (circle, due);
CREATE INDEX occurrence_open ON occurrence (circle) WHERE state = 1;
CREATE INDEX occurrence_end ON occurrence (circle, deadline);
CREATE INDEX occurrence_of_schedule ON occurrence (circle, schedule_id, due);
CREATE INDEX occurrence_answered_by ON occurrence (answered_by) WHERE answered_by IS NOT NULL;

-- state: 1 notifying, 2 taken, 3 resolved, 4 cancelled by the participant; lane: 1 open, 2 silent, 3 drill
CREATE TABLE incident (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  circle BLOB NOT NULL REFERENCES circle (id),
  lane INTEGER NOT NULL CHECK (lane IN (1, 2, 3)),
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3, 4)),
  severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
  calm INTEGER NOT NULL CHECK (calm IN (0, 1)),
  policy INTEGER NOT NULL REFERENCES policy (version),
  step INTEGER NOT NULL CHECK (step >= 0),
  round INTEGER NOT NULL CHECK (round >= 1),
  holder BLOB CHECK (length(holder) = 32),
  holder_device BLOB CHECK (length(holder_device) = 16),
  rights_end INTEGER,
  lease_until INTEGER NOT NULL,
  lease_reminded INTEGER NOT NULL CHECK (lease_reminded IN (0, 1)),
  offered_to BLOB CHECK (length(offered_to) = 32),
  fired INTEGER NOT NULL CHECK (fired IN (0, 1)),
  postponed INTEGER NOT NULL CHECK (postponed IN (0, 1)),
  reruns INTEGER NOT NULL CHECK (reruns BETWEEN 0 AND 2),
  sole_loud_alarm INTEGER NOT NULL CHECK (sole_loud_alarm IN (0, 1)),
  opened_at INTEGER NOT NULL,
  taken_at INTEGER,
  ended_at INTEGER,
  reason INTEGER NOT NULL,
  head BLOB NOT NULL CHECK (length(head) = 32),
  previous BLOB REFERENCES incident (id),
  next_at INTEGER,
  version INTEGER NOT NULL,
  CHECK ((next_at IS NULL) = (state IN (3, 4))),
  CHECK ((holder IS NOT NULL) = (state = 2)),
  CHECK ((ended_at IS NOT NULL) = (state IN (3, 4))),
  CHECK ((reason <> 0) = (state = 3)),
  CHECK (holder_device IS NULL OR state = 2),
  CHECK (offered_to IS NULL OR state = 2)
) STRICT;
CREATE UNIQUE INDEX incident_one_unresolved ON incident (circle, lane) WHERE state IN (1, 2);
CREATE INDEX incident_next ON incident (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX incident_circle ON incident (circle, opened_at);

-- kind: 1 miss, 2 talk, 3 not_ok, 4 loud alarm, 5 silent alarm, 6 duress, 7 drill
CREATE TABLE trigger_row (
  id INTEGER PRIMARY KEY,
  incident BLOB NOT NULL REFERENCES incident (id),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 7),
  severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
  at INTEGER NOT NULL,
  occurrence INTEGER UNIQUE REFERENCES occurrence (id),
  record INTEGER UNIQUE REFERENCES checkin_record (id),
  login_device BLOB,
  CHECK ((occurrence IS NULL) <> (record IS NULL)),
  CHECK ((occurrence IS NOT NULL) = (kind = 1)),
  CHECK (login_device IS NULL OR kind = 6)
) STRICT;
CREATE INDEX trigger_row_incident ON trigger_row (incident);
CREATE UNIQUE INDEX trigger_row_login ON trigger_row (incident, login_device)
  WHERE login_device IS NOT NULL;

CREATE TABLE act (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  circle BLOB NOT NULL REFERENCES circle (id),
  incident BLOB REFERENCES incident (id),
  actor BLOB NOT NULL CHECK (length(actor) = 32),
  device BLOB NOT NULL CHECK (length(device) = 16),
  act INTEGER NOT NULL,
  outcome INTEGER NOT NULL CHECK (outcome IN (1, 2, 3)),
  record BLOB NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX act_incident ON act (incident) WHERE incident IS NOT NULL;

-- id is what notifications name as their cause
CREATE TABLE incident_event (
  n INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  incident BLOB NOT NULL REFERENCES incident (id),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 25),
  at INTEGER NOT NULL,
  step INTEGER NOT NULL,
  round INTEGER NOT NULL,
  act INTEGER REFERENCES act (id),
  record INTEGER REFERENCES checkin_record (id)
) STRICT;
CREATE INDEX incident_event_incident ON incident_event (incident, n);

-- state: 1 pending, 2 received, 3 accepted, 4 failed, 5 obsolete; channel: 1 device
CREATE TABLE notification (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  cause BLOB NOT NULL CHECK (length(cause) = 16),
  person BLOB NOT NULL CHECK (length(person) = 32),
  channel INTEGER NOT NULL CHECK (channel = 1),
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
  CHECK ((next_at IS NULL) = (state <> 1)),
  UNIQUE (cause, person, channel)
) STRICT;
CREATE INDEX notification_next ON notification (next_at) WHERE next_at IS NOT NULL;
CREATE UNIQUE INDEX notification_one_pending ON notification (incident, person, channel)
  WHERE state = 1 AND incident IS NOT NULL;
CREATE INDEX notification_person ON notification (person) WHERE state = 1;
CREATE INDEX notification_incident ON notification (incident) WHERE incident IS NOT NULL;
CREATE INDEX notification_occurrence ON notification (occurrence) WHERE occurrence IS NOT NULL;

-- state: 1 pending, 2 delivered, 3 obsolete
CREATE TABLE operator_notice (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  cause BLOB NOT NULL UNIQUE CHECK (length(cause) = 16),
  incident BLOB REFERENCES incident (id),
  code INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  next_at INTEGER,
  version INTEGER NOT NULL,
  CHECK ((next_at IS NULL) = (state <> 1))
) STRICT;
CREATE INDEX operator_notice_next ON operator_notice (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX operator_notice_incident ON operator_notice (incident) WHERE incident IS NOT NULL;
)sql";

}  // namespace livlina::server::store
