#include "clients/cli/print.hpp"

#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/waited_alarm.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

// After so long without a connection a person at a terminal is called.
constexpr Duration call_after = 10 * minute;

void write(std::ostream& to, const Options& options, const nlohmann::json& value,
           const std::string& text) {
  if (options.json)
    to << value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  else if (!text.empty())
    to << text << "\n";
  to << std::flush;
}

}  // namespace

void print(const Options& options, const nlohmann::json& value, const std::string& text) {
  write(std::cout, options, value, text);
}

bool must_be_seen(const v1::Event& event) {
  if (!event.confirm().empty() || is_alarm_that_waited(event)) return true;
  if (!event.has_checkin()) return false;
  constexpr std::uint32_t talk = 3, not_ok = 4, nothing_came = 7, contradicts = 8;
  const v1::CheckinView& c = event.checkin();
  return c.under_duress() || c.duress_came() || c.state() == talk || c.state() == not_ok ||
         c.state() == nothing_came || c.state() == contradicts;
}

bool print_aside(const Options& options, const v1::Event& event, const CircleNames& names) {
  if (must_be_seen(event))
    write(std::cerr, options, to_json(event),
          event.has_warning() ? line_of(event.warning(), names.of(event.warning().circle_id()))
                              : line_of(event));
  return std::cerr.good();
}

Driver::OnEvent discreet(const Options& options) {
  return [options, said = false](const v1::Event& event) mutable {
    if (must_be_seen(event) && !std::exchange(said, true))
      write(std::cerr, options, {{"event", "something_waits"}},
            "Something has come in that is not for everybody's eyes. When you are alone: "
            "livlina status");
    return false;
  };
}

void print_link(const Options& options, const Driver::Link& link, bool aside) {
  const bool back = link.state == Driver::Link::State::back;
  nlohmann::json value = {{"event", back ? "online" : "offline"}, {"since", link.since}};
  if (!back) value["why"] = link.why;
  std::string text =
      back ? green("Connected again.") + " There was no connection from " + clock_text(link.since) +
                 " to " + clock_text(wall_now()) + "."
           : red("No connection since " + clock_text(link.since) + ".") + " " + printable(link.why);
  if (!back && wall_now() - link.since >= call_after && ::isatty(STDERR_FILENO) != 0) text += "\a";
  write(options.json && !aside ? std::cout : std::cerr, options, value, text);
}

}  // namespace livlina::cli
