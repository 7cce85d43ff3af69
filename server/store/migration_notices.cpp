// Schema version 3: notices for one device, lines that end by their date, and what the deletion of
// old rows has to find.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

const char* const migration_notices = R"sql(
-- For this device of the person alone; null: for all of them.
ALTER TABLE notification ADD COLUMN device BLOB CHECK (length(device) = 16);

-- When a line of the newest manifest next begins or ends by its date: judge the state anew.
ALTER TABLE circle ADD COLUMN line_at INTEGER;
CREATE INDEX circle_line_at ON circle (line_at) WHERE line_at IS NOT NULL;
UPDATE circle SET recheck = 1;

-- A row is deleted only when nothing names it any longer.
CREATE INDEX incident_previous ON incident (previous) WHERE previous IS NOT NULL;
CREATE INDEX incident_event_act ON incident_event (act) WHERE act IS NOT NULL;
CREATE INDEX incident_event_record ON incident_event (record) WHERE record IS NOT NULL;
)sql";

}  // namespace livlina::server::store
