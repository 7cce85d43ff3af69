#include "clients/cli/hearing.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/own_circle.hpp"
#include "clients/cli/own_incident.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/wrap.hpp"
#include "clients/cli/zone_time.hpp"

namespace livlina::cli {

namespace {

constexpr std::size_t most_names = 6;  // in the greeting
// A server may invent ids. Beyond this many all are forgotten: what is known is then said again.
constexpr std::size_t most_shown = 1000;

}  // namespace

void Hearing::learn(const v1::Status& status) {
  names_.learn(status);
  zone_ = own_zone(status);
}

// Silence after it means that nothing came.
void Hearing::greet() {
  if (std::exchange(greeted_, true) || options_.json) return;
  std::string text = green("Connected.") + " Here is shown what comes from ";
  const bool has_own = !names_.own().empty();
  const auto& others = names_.others();
  if (has_own) text += names_.of(names_.own());
  std::size_t named = 0;
  for (const auto& [circle, name] : others) {
    if (++named > most_names) break;
    text += (named == 1 && !has_own ? "" : ", ") + name_or_unknown(name);
  }
  if (others.size() > most_names)
    text += " and " + std::to_string(others.size() - most_names) + " others";
  if (!has_own && others.empty()) text += "the server; no circle names you yet";
  print(options_, {}, wrapped(text + ". Ctrl-C ends it.", screen_columns()));
}

Hearing::Shown& Hearing::before(const std::string& key) {
  if (shown_.size() >= most_shown && shown_.count(key) == 0) shown_.clear();
  return shown_[key];
}

std::string Hearing::once(const std::string& key, const std::string& line, const std::string& note,
                          const std::string& whose) {
  const bool known = shown_.count(key) != 0;
  Shown& shown = before(key);
  const bool same_line = known && shown.line == line;
  const bool same_note = known && shown.note == note;
  shown = {line, note};
  if (same_line && same_note) return {};
  const std::string quote = note.empty() ? std::string() : cli::quoted(note);
  return same_line ? whose + ", the note to that:" + quote : line + quote;
}

std::string Hearing::line_of_new(const v1::Event& event) {
  switch (event.event_case()) {
    case v1::Event::kIncident: {
      const v1::IncidentView& view = event.incident();
      const bool ours = !names_.own().empty() && view.incident().circle_id() == names_.own();
      return once("incident/" + view.incident().incident_id(),
                  ours ? own_line(view, zone_) : line_of(view), {}, {});
    }
    case v1::Event::kRecord: {
      v1::RecordView bare = event.record();
      bare.clear_note();
      return once("record/" + bare.record_hash(), line_of(bare), event.record().note(),
                  clock_text(bare.pressed_at()) + " " + printable(bare.participant_name()));
    }
    case v1::Event::kCheckin: {
      v1::CheckinView bare = event.checkin();
      bare.clear_note();
      return once("slot/" + bare.circle_id() + bare.schedule_id() + std::to_string(bare.due()),
                  line_of(bare), event.checkin().note(),
                  clock_text(bare.pressed_at()) + " " + printable(bare.participant_name()));
    }
    case v1::Event::kCircle:
      names_.learn(event.circle());
      return line_of(event);
    case v1::Event::kNotice: {
      v1::NoticeView notice = event.notice();
      if (notice.participant_name().empty())
        if (const auto named = names_.others().find(notice.circle_id());
            named != names_.others().end())
          notice.set_participant_name(named->second);
      return line_of(notice);
    }
    case v1::Event::kWarning:
      return line_of(event.warning(), names_.of(event.warning().circle_id()));
    default:
      return line_of(event);
  }
}

bool Hearing::hear(const v1::Event& event) {
  if (event.has_status()) {
    learn(event.status());
    return true;
  }
  if (event.has_logged_in()) greet();
  const nlohmann::json value = to_json(event);
  if (options_.json) {
    bool is_new = !value.is_null();
    if (event.has_incident()) {
      const std::string now = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      Shown& shown = before("incident/" + event.incident().incident().incident_id());
      is_new = std::exchange(shown.line, now) != now;
    }
    if (is_new) print(options_, value, {});
  } else {
    print(options_, value, wrapped(line_of_new(event), screen_columns()));
  }
  return std::cout.good();
}

}  // namespace livlina::cli
