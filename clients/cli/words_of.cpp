#include "clients/cli/words_of.hpp"

#include <array>
#include <ctime>
#include <iterator>
#include <span>

#include "clients/cli/terminal.hpp"

namespace livlina::cli {

namespace {

constexpr std::size_t longest_name = 60;

struct Word {
  std::uint32_t number;
  std::string_view word;
};

constexpr Word roles[] = {{1, "participant"}, {2, "contact_person"}, {3, "mentor"},
                          {4, "coordinator"}, {5, "relative"},       {6, "partner_agency"}};
constexpr Word lanes[] = {{1, "open"}, {2, "silent"}, {3, "drill"}};
constexpr Word incident_states[] = {
    {1, "notifying"}, {2, "taken"}, {3, "resolved"}, {4, "cancelled_by_participant"}};
constexpr Word circle_states[] = {{1, "setup"}, {2, "armed"}, {3, "degraded"}, {4, "closed"}};
constexpr Word triggers[] = {{1, "miss"},         {2, "talk"},   {3, "not_ok"}, {4, "loud_alarm"},
                             {5, "silent_alarm"}, {6, "duress"}, {7, "drill"}};
constexpr Word incident_events[] = {
    {1, "opened"},        {2, "trigger"},          {3, "late_ok"},
    {4, "mistake"},       {5, "cancelled_late"},   {6, "step"},
    {7, "step_empty"},    {8, "nobody"},           {9, "seen"},
    {10, "taken"},        {11, "taken_over"},      {12, "assigned"},
    {13, "renewed"},      {14, "offered"},         {15, "accepted"},
    {16, "declined"},     {17, "lease_reminded"},  {18, "lease_ended"},
    {19, "rights_ended"}, {20, "resolved"},        {21, "cancelled"},
    {22, "reopened"},     {23, "policy_switched"}, {24, "shadow_seen"},
    {25, "rerun"},        {26, "miss_undone"}};
constexpr Word message_states[] = {
    {1, "queued"}, {2, "stored"}, {3, "delivered"}, {4, "read"}, {5, "expired"}};
constexpr Word checkin_states[] = {{1, "waiting"},
                                   {2, "verified_ok"},
                                   {3, "verified_talk"},
                                   {4, "verified_not_ok"},
                                   {5, "server_says_ok"},
                                   {6, "server_reports_a_miss"},
                                   {7, "nothing_came"},
                                   {8, "server_contradicts"},
                                   {9, "excused"},
                                   {10, "verified_late"},
                                   {11, "not_connected"},
                                   {12, "pressed_other_time"},
                                   {13, "verified_ok_duress_unknown"},
                                   {14, "not_watched"}};
constexpr Word record_types[] = {{1, "checkin"}, {2, "alarm"}, {3, "cancel"}, {4, "mistake"}};
constexpr Word alarm_kinds[] = {{1, "silent"}, {2, "loud"}, {3, "drill"}};
constexpr Word record_incidents[] = {
    {0, "none_needed"}, {1, "waited_for"}, {2, "named"}, {3, "missing"}};
constexpr Word invite_states[] = {{1, "open"},    {2, "claimed"},   {3, "joined"},
                                  {4, "expired"}, {5, "confirmed"}, {6, "refused"}};
constexpr Word notice_kinds[] = {
    {1, "page"}, {2, "update"}, {3, "reminder"}, {4, "warning"}, {5, "digest"}};
constexpr Word notice_codes[] = {{1, "page"},
                                 {2, "page_silent"},
                                 {3, "page_drill"},
                                 {4, "page_raised"},
                                 {5, "taken"},
                                 {6, "taken_over"},
                                 {7, "assigned"},
                                 {8, "offered"},
                                 {9, "offer_declined"},
                                 {10, "trigger_added"},
                                 {11, "lease_ending"},
                                 {12, "resolved"},
                                 {13, "step_empty"},
                                 {14, "nobody"},
                                 {15, "circle_degraded"},
                                 {16, "record_fork"},
                                 {17, "outage_digest"},
                                 {18, "checkin_waits"},
                                 {19, "device_cloned"},
                                 {20, "lease_ended"},
                                 {21, "device_added"},
                                 {22, "plan_changed"},
                                 {23, "plan_empty"},
                                 {24, "lines_dropped"},
                                 {25, "zone_unreadable"},
                                 {26, "schedules_ended"},
                                 {27, "channel_failed"},
                                 {28, "channel_test"}};
constexpr Word reasons[] = {
    {0, "none"},    {1, "reached_and_well"}, {2, "help_on_site"}, {3, "handed_to_authority"},
    {4, "mistake"}, {5, "drill_done"},       {6, "other"}};
constexpr Word answers[] = {{1, "ok"}, {2, "talk"}, {3, "not_ok"}};
constexpr Word line_types[] = {{1, "account"}, {2, "desk"}, {3, "pool"}};
constexpr Word scopes[] = {{0, "messages"}, {1, "checkin"}, {2, "alarm"},
                           {3, "location"}, {4, "plan"},    {5, "statistics"}};
constexpr Word weekdays[] = {{0, "Mon"}, {1, "Tue"}, {2, "Wed"}, {3, "Thu"},
                             {4, "Fri"}, {5, "Sat"}, {6, "Sun"}};

std::string_view word_of(std::span<const Word> table, std::uint32_t number) {
  for (const Word& w : table)
    if (w.number == number) return w.word;
  return "unknown";
}

std::optional<std::uint32_t> number_of(std::span<const Word> table, std::string_view word) {
  for (const Word& w : table)
    if (w.word == word) return w.number;
  return std::nullopt;
}

// The parts between commas.
template <class Each>
bool split(std::string_view words, Each each) {
  while (!words.empty()) {
    const std::size_t comma = words.find(',');
    if (!each(words.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    words.remove_prefix(comma + 1);
  }
  return false;
}

std::optional<std::uint32_t> digits(std::string_view text) {
  if (text.empty() || text.size() > 6) return std::nullopt;
  std::uint32_t out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return out;
}

}  // namespace

std::string_view role_word(std::uint32_t n) { return word_of(roles, n); }
std::optional<std::uint32_t> role_number(std::string_view w) { return number_of(roles, w); }
std::string_view lane_word(std::uint32_t n) { return word_of(lanes, n); }
std::string_view incident_state_word(std::uint32_t n) { return word_of(incident_states, n); }
std::string_view circle_state_word(std::uint32_t n) { return word_of(circle_states, n); }
std::string_view trigger_word(std::uint32_t n) { return word_of(triggers, n); }
std::string_view incident_event_word(std::uint32_t n) { return word_of(incident_events, n); }
std::string_view message_state_word(std::uint32_t n) { return word_of(message_states, n); }
std::string_view checkin_state_word(std::uint32_t n) { return word_of(checkin_states, n); }
std::string_view invite_state_word(std::uint32_t n) { return word_of(invite_states, n); }
std::string_view notice_kind_word(std::uint32_t n) { return word_of(notice_kinds, n); }
std::string_view notice_code_word(std::uint32_t n) { return word_of(notice_codes, n); }
std::string_view reason_word(std::uint32_t n) { return word_of(reasons, n); }
std::optional<std::uint32_t> reason_number(std::string_view w) { return number_of(reasons, w); }
std::optional<std::uint32_t> answer_number(std::string_view w) { return number_of(answers, w); }
std::string_view line_type_word(std::uint32_t n) { return word_of(line_types, n); }

std::string_view record_type_word(std::uint32_t n) { return word_of(record_types, n); }
std::string_view record_incident_word(std::uint32_t n) { return word_of(record_incidents, n); }
std::string_view record_answer_word(std::uint32_t type, std::uint32_t answer) {
  if (type == 1) return word_of(answers, answer);
  return type == 2 ? word_of(alarm_kinds, answer) : std::string_view();
}

std::string scope_words(std::uint32_t scope) {
  std::string out;
  for (const Word& w : scopes)
    if ((scope >> w.number & 1) != 0) out += (out.empty() ? "" : ",") + std::string(w.word);
  return out;
}

std::optional<std::uint32_t> scope_number(std::string_view words) {
  std::uint32_t bits = 0;
  const bool good = split(words, [&](std::string_view part) {
    const auto n = number_of(scopes, part);
    if (n) bits |= 1u << *n;
    return n.has_value();
  });
  return good ? std::optional(bits) : std::nullopt;
}

std::string weekday_words(std::uint32_t bits) {
  if (bits == 0x7f) return "daily";
  std::string out;
  for (const Word& w : weekdays)
    if ((bits >> w.number & 1) != 0) out += (out.empty() ? "" : ",") + std::string(w.word);
  return out;
}

std::optional<std::uint32_t> weekday_bits(std::string_view words) {
  if (words == "daily") return 0x7f;
  std::uint32_t bits = 0;
  const bool good = split(words, [&](std::string_view part) {
    const std::size_t dash = part.find('-');
    const auto from = number_of(weekdays, part.substr(0, dash));
    const auto to =
        dash == std::string_view::npos ? from : number_of(weekdays, part.substr(dash + 1));
    if (!from || !to) return false;
    for (std::uint32_t d = *from;; d = (d + 1) % 7) {
      bits |= 1u << d;
      if (d == *to) return true;
    }
  });
  return good ? std::optional(bits) : std::nullopt;
}

std::string name_or_unknown(const std::string& name) {
  if (name.empty()) return "somebody not named yet";
  std::string shown = printable(name);
  if (shown.size() <= longest_name) return shown;
  std::size_t cut = longest_name;  // not inside a character
  while (cut > 0 && (static_cast<unsigned char>(shown[cut]) & 0xc0) == 0x80) --cut;
  return shown.substr(0, cut) + "...";
}

std::string as_sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::optional<std::uint32_t> duration_seconds(std::string_view text) {
  std::uint64_t total = 0;
  while (!text.empty()) {
    const std::size_t unit = text.find_first_not_of("0123456789");
    const auto n = digits(text.substr(0, unit));
    if (!n || unit == std::string_view::npos) return std::nullopt;
    switch (text[unit]) {
      case 'h':
        total += std::uint64_t{*n} * 3600;
        break;
      case 'm':
        total += std::uint64_t{*n} * 60;
        break;
      case 's':
        total += *n;
        break;
      default:
        return std::nullopt;
    }
    text.remove_prefix(unit + 1);
    if (total > 0xffffffff) return std::nullopt;
    if (text.empty()) return static_cast<std::uint32_t>(total);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> minute_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto h = digits(text.substr(0, 2));
  const auto m = digits(text.substr(3));
  if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
  return *h * 60 + *m;
}

std::string clock_text(std::int64_t instant) {
  if (instant == 0) return "-";
  const std::time_t seconds = instant / 1000;
  std::tm local{};
  (void)::localtime_r(&seconds, &local);
  std::array<char, 48> out{};
  (void)std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S %Z", &local);
  return out.data();
}

}  // namespace livlina::cli
