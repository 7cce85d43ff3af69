// Schema version 1: the server itself, accounts and devices, desks, circles, invites, the mailbox.
// What each column is kept for, and until when, stands in protocol/spec/metadata.md.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

const char* const migration_people = R"sql(
CREATE TABLE server (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  pk BLOB NOT NULL CHECK (length(pk) = 32),  -- the key file beside the database must match it
  epoch INTEGER NOT NULL,       -- changes at a restore, so that clients offer again what has no receipt
  last_round INTEGER NOT NULL   -- the last committed round: how long the server was blind
) STRICT;

CREATE TABLE account (
  pk BLOB PRIMARY KEY CHECK (length(pk) = 32),
  purpose INTEGER NOT NULL CHECK (purpose IN (1, 2)),  -- of its invite: 1 staff, 2 participant
  setup INTEGER NOT NULL CHECK (setup IN (0, 1))       -- joined by the server's own first invite
) STRICT, WITHOUT ROWID;

CREATE TABLE device_list (
  account BLOB NOT NULL REFERENCES account (pk),
  version INTEGER NOT NULL,
  record BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (account, version)
) STRICT;

CREATE TABLE device (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  account BLOB NOT NULL REFERENCES account (pk),
  listed INTEGER NOT NULL,      -- 0: no longer in the newest list; the row keeps counter and name taken
  shadow INTEGER NOT NULL,
  login_counter INTEGER NOT NULL,  -- the highest one used: a lower one is a clone
  last_seen INTEGER NOT NULL,   -- end of the last session: can this person be paged
  next_seq INTEGER NOT NULL,    -- of the mailbox
  queued INTEGER NOT NULL,      -- rows in the mailbox, so that a limit costs no count
  spk_id INTEGER NOT NULL,      -- the highest one seen: a lower one is refused
  spk_record BLOB,
  opk_top INTEGER NOT NULL      -- the highest one-time key id seen: a replay brings no used key back
) STRICT;
CREATE INDEX device_account ON device (account);

CREATE TABLE one_time_key (
  device BLOB NOT NULL REFERENCES device (id),
  id INTEGER NOT NULL,
  key BLOB NOT NULL CHECK (length(key) = 32),
  PRIMARY KEY (device, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  auth_hash BLOB NOT NULL CHECK (length(auth_hash) = 32),
  purpose INTEGER NOT NULL CHECK (purpose IN (1, 2)),
  expires_at INTEGER NOT NULL,
  sealed_i BLOB NOT NULL,       -- empty in the server's own first invite, which nobody seals
  inviter BLOB REFERENCES account (pk),  -- null: the server's own first invite
  inviter_device BLOB,          -- to push the answer to
  claim BLOB,                   -- who came first: the same one may ask again
  joined BLOB REFERENCES account (pk),
  sealed_j BLOB,
  keep_until INTEGER NOT NULL   -- the inviter may be offline when somebody joins
) STRICT;
CREATE INDEX invite_inviter ON invite (inviter) WHERE inviter IS NOT NULL;
CREATE INDEX invite_joined ON invite (joined) WHERE joined IS NOT NULL;
CREATE INDEX invite_end ON invite (keep_until);

CREATE TABLE desk (
  pk BLOB PRIMARY KEY CHECK (length(pk) = 32),
  creator BLOB NOT NULL REFERENCES account (pk)  -- one desk for each permission to set one up
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_record (
  desk BLOB NOT NULL REFERENCES desk (pk),
  kind INTEGER NOT NULL CHECK (kind IN (1, 2)),  -- 1 roster, 2 directory
  serial INTEGER NOT NULL,
  record BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (desk, kind, serial)
) STRICT;

-- Whom the newest roster and directory name: read from the records, to ask both ways.
CREATE TABLE desk_person (
  account BLOB NOT NULL,
  desk BLOB NOT NULL REFERENCES desk (pk),
  kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
  role INTEGER NOT NULL,
  PRIMARY KEY (account, desk, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_person_desk ON desk_person (desk, kind);

CREATE TABLE confirm (
  circle BLOB PRIMARY KEY CHECK (length(circle) = 16),
  participant BLOB NOT NULL REFERENCES account (pk),
  signer BLOB NOT NULL REFERENCES account (pk),
  record BLOB NOT NULL
) STRICT;

CREATE TABLE circle (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  participant BLOB NOT NULL UNIQUE REFERENCES account (pk),
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),  -- setup, armed, degraded, closed
  category INTEGER NOT NULL CHECK (category IN (1, 2)),  -- protection need
  recheck INTEGER NOT NULL CHECK (recheck IN (0, 1))     -- a desk or device changed: judge the state anew
) STRICT;
CREATE INDEX circle_recheck ON circle (id) WHERE recheck = 1;

CREATE TABLE manifest (
  circle BLOB NOT NULL REFERENCES circle (id),
  seq INTEGER NOT NULL,
  record BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (circle, seq)
) STRICT;

-- The lines of the newest manifest: read from the record, to ask which circles somebody is in.
CREATE TABLE circle_line (
  circle BLOB NOT NULL REFERENCES circle (id),
  type INTEGER NOT NULL CHECK (type BETWEEN 0 AND 3),  -- 0 the recovery clause's desk, else LineType
  key BLOB NOT NULL CHECK (length(key) = 32),
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  grace_until INTEGER NOT NULL,  -- not_after + incident_grace
  PRIMARY KEY (circle, type, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX circle_line_key ON circle_line (key, type);

CREATE TABLE plan (
  circle BLOB NOT NULL REFERENCES circle (id),
  version INTEGER NOT NULL,
  record BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  approval BLOB,                -- the supporter's signed act; null before arming
  PRIMARY KEY (circle, version)
) STRICT;

-- Ciphertext on its way to one device. No sender.
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY,
  device BLOB NOT NULL REFERENCES device (id),
  rank INTEGER NOT NULL CHECK (rank BETWEEN 0 AND 2),  -- order of handing out: urgent, normal, bulk
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,        -- MailKind
  content BLOB NOT NULL,
  expires_at INTEGER NOT NULL   -- a full hour
) STRICT;
CREATE UNIQUE INDEX mailbox_order ON mailbox (device, rank, seq);

-- What was accepted: a repeated request changes nothing, also after the row was delivered and deleted.
CREATE TABLE accepted (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),  -- of device and message id
  received_at INTEGER NOT NULL  -- the same answer for the repeat
) STRICT;
)sql";

// One one-time key of a device for an account and day (T10). Not on the disk: a stored row would
// say who is about to write to whom.
const char* const session_tables = R"sql(
CREATE TEMP TABLE IF NOT EXISTS handed_out (
  asker BLOB NOT NULL,
  device BLOB NOT NULL,
  day INTEGER NOT NULL,
  PRIMARY KEY (asker, device)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace livlina::server::store
