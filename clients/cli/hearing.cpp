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
  own_ = own_circle_id(status);
  zone_ = own_zone(status);
  for (const v1::CircleView& c : status.circles())
    if (!c.ours()) names_[c.circle_id()] = c.participant_name();
}

std::string Hearing::name_of(const std::string& circle) const {
  const auto found = names_.find(circle);
  return found == names_.end() ? std::string() : found->second;
}

// Silence after it means that nothing came.
void Hearing::greet() {
  if (std::exchange(greeted_, true) || options_.json) return;
  std::string text = green("Connected.") + " Here is shown what comes from ";
  if (!own_.empty()) text += "your circle";
  std::size_t named = 0;
  for (const auto& [circle, name] : names_) {
    if (++named > most_names) break;
    text += (named == 1 && own_.empty() ? "" : ", ") + name_or_unknown(name);
  }
  if (names_.size() > most_names)
    text += " and " + std::to_string(names_.size() - most_names) + " others";
  if (own_.empty() && names_.empty()) text += "the server; no circle names you yet";
  print(options_, {}, wrapped(text + ". Ctrl-C ends it.", screen_columns()));
}

Hearing::Shown& Hearing::before(const std::string& key) {
  if (shown_.size() >= most_shown && shown_.count(key) == 0) shown_.clear();
  return shown_[key];
}

std::string Hearing::once(const std::string& key, std::string line, const std::string& note,
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
      const bool ours = !own_.empty() && view.incident().circle_id() == own_;
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
      if (!event.circle().ours())
        names_[event.circle().circle_id()] = event.circle().participant_name();
      return line_of(event);
    case v1::Event::kNotice: {
      v1::NoticeView notice = event.notice();
      if (notice.participant_name().empty())
        notice.set_participant_name(name_of(notice.circle_id()));
      return line_of(notice);
    }
    case v1::Event::kWarning:
      return line_of(event.warning(), name_of(event.warning().circle_id()));
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
