// Numbers of the protocol as the words that people and scripts see, one table each, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace livlina::cli {

[[nodiscard]] std::string_view role_word(std::uint32_t role);
[[nodiscard]] std::optional<std::uint32_t> role_number(std::string_view word);
[[nodiscard]] std::string_view lane_word(std::uint32_t lane);
[[nodiscard]] std::string_view incident_state_word(std::uint32_t state);
[[nodiscard]] std::string_view circle_state_word(std::uint32_t state);
[[nodiscard]] std::string_view trigger_word(std::uint32_t kind);
[[nodiscard]] std::string_view incident_event_word(std::uint32_t kind);
[[nodiscard]] std::string_view message_state_word(std::uint32_t state);
[[nodiscard]] std::string_view checkin_state_word(std::uint32_t state);
[[nodiscard]] std::string_view invite_state_word(std::uint32_t state);
[[nodiscard]] std::string_view notice_kind_word(std::uint32_t kind);
[[nodiscard]] std::string_view notice_code_word(std::uint32_t code);
[[nodiscard]] std::string_view reason_word(std::uint32_t reason);
[[nodiscard]] std::optional<std::uint32_t> reason_number(std::string_view word);
[[nodiscard]] std::optional<std::uint32_t> answer_number(std::string_view word);
[[nodiscard]] std::string_view line_type_word(std::uint32_t type);
// Of a signed record: its type, its answer or kind of alarm ("" for the others), its incident.
[[nodiscard]] std::string_view record_type_word(std::uint32_t type);
[[nodiscard]] std::string_view record_answer_word(std::uint32_t type, std::uint32_t answer);
[[nodiscard]] std::string_view record_incident_word(std::uint32_t incident);
// "messages,checkin,alarm"
[[nodiscard]] std::string scope_words(std::uint32_t scope);
[[nodiscard]] std::optional<std::uint32_t> scope_number(std::string_view words);
// "Mon,Wed,Fri", "Mon-Fri", "daily" and back to bits (0 Monday).
[[nodiscard]] std::string weekday_words(std::uint32_t bits);
[[nodiscard]] std::optional<std::uint32_t> weekday_bits(std::string_view words);
// A name of others as one line shows it, at most 60 bytes; "somebody not named yet" for none.
[[nodiscard]] std::string name_or_unknown(const std::string& name);
// With a capital letter at its beginning, where that is one of a to z.
[[nodiscard]] std::string capitalised(std::string text);
// With a full stop, unless it ends with one.
[[nodiscard]] std::string as_sentence(std::string text);
// "30m", "2h", "90s", "1h30m" in seconds.
[[nodiscard]] std::optional<std::uint32_t> duration_seconds(std::string_view text);
// "20:00" as minutes of the day.
[[nodiscard]] std::optional<std::uint32_t> minute_of_day(std::string_view text);
// An instant as "2026-11-21 20:00:05 CET" in this machine's zone, which is named; "-" for 0.
[[nodiscard]] std::string clock_text(std::int64_t instant);

}  // namespace livlina::cli
