// The numbered migrations: version n of the schema is what the first n scripts make. A script that
// was shipped is never edited; a change is a new script at the end of the list in schema.cpp.
#pragma once

namespace livlina::server::store {

extern const char* const migration_people;  // 1: accounts, desks, circles, mailbox
extern const char* const migration_watch;  // 2: plans' slots, occurrences, incidents, notifications
extern const char* const migration_notices;   // 3: notices for one device, lines' dates, deletion
extern const char* const migration_clock;     // 4: wrong clocks, unread zones, expiry by date
extern const char* const migration_refusals;  // 5: pairings that one of the two refused
extern const char* const migration_accepted;  // 6: a table less to write
extern const char* const migration_channels;  // 7: channels that are tied to no device

// Tables that live in this connection's memory only; made anew at every start.
extern const char* const session_tables;

}  // namespace livlina::server::store
