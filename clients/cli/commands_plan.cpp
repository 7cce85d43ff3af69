// plan: when check-ins are due.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/next_steps.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

struct PlanArguments {
  std::string zone = "Europe/Stockholm", grace = "30m", opens = "2h", member_wait = "120s";
  std::vector<std::string> times, reminders;
  int days = 180;
  bool keep = false, none = false;
};

std::uint32_t seconds_of(const std::string& text, const char* what) {
  const auto s = duration_seconds(text);
  if (!s)
    throw Failure(Exit::usage, std::string(what) + " is a time like 30m, 2h or 90s: " + text,
                  "bad_argument");
  return *s;
}

std::string text_of(const v1::CircleView& c) {
  std::string out = c.plan_version() == 0 ? "There is no plan yet.\n" : plan_text(c);
  if (!is_watched(c)) out += "Nobody watches yet: the circle is not armed.\n";
  if (!c.proposed_plan_hash().empty())
    out +=
        std::string(c.ours() ? "NOT in force before a supporter has approved it (they run "
                               "`livlina plan approve`):\n"
                             : "NOT in force before it is approved (`livlina plan approve`):\n") +
        proposal_text(c);
  out.pop_back();
  return out;
}

json with_proposal(const v1::CircleView& c) {
  json out = to_json(c);
  out["ok"] = true;
  out["proposed"] = !c.proposed_plan_hash().empty();
  return out;
}

// One schedule of the options. Throws Failure: what is wrong in them.
void add_schedule(const PlanArguments& a, v1::SetPlan& plan) {
  if (!protocol::tzdata_zones().known(a.zone))
    throw Failure(Exit::usage,
                  "There is no time zone " + a.zone + ". Say for example Europe/Stockholm.",
                  "bad_argument");
  auto& s = *plan.add_schedules();
  s.set_zone(a.zone);
  s.set_grace_s(seconds_of(a.grace, "--grace"));
  s.set_opens_before_s(seconds_of(a.opens, "--opens"));
  for (const auto& r : a.reminders) s.add_reminders_s(seconds_of(r, "--remind"));
  s.set_valid_from(wall_now());
  s.set_valid_to(wall_now() + a.days * day);
  for (const auto& text : a.times) {
    const std::size_t space = text.find(' ');
    const auto days =
        space == std::string::npos ? weekday_bits("daily") : weekday_bits(text.substr(0, space));
    const auto minute = minute_of_day(space == std::string::npos ? text : text.substr(space + 1));
    if (!days || !minute)
      throw Failure(Exit::usage, "A time is \"20:00\" or \"Mon-Fri 20:00\": " + text,
                    "bad_argument");
    for (const auto& other : s.times())
      if (other.minute() == *minute && (other.weekdays() & *days) != 0)
        throw Failure(Exit::usage, "The same time is there twice: " + text, "bad_argument");
    auto& t = *s.add_times();
    t.set_weekdays(*days);
    t.set_minute(*minute);
  }
}

void set(const Options& options, const PlanArguments& a) {
  if (a.times.empty() != a.none)
    throw Failure(Exit::usage,
                  a.none ? "--none is a plan without times: leave --time out."
                         : "Say when: --time 20:00. A plan in which no check-in is due, and so "
                           "nobody notices a silence, is --none.",
                  "bad_argument");
  v1::Command command;
  auto& plan = *command.mutable_set_plan();
  plan.set_member_wait_s(seconds_of(a.member_wait, "--member-wait"));
  if (!a.none) add_schedule(a, plan);
  Client client(options);
  client.need_online();
  if (a.keep) {
    const v1::CircleView before = client.circle("");
    for (const auto& schedule : before.schedules()) *plan.add_schedules() = schedule;
  }
  client.run(std::move(command));
  const v1::CircleView circle = client.circle("");
  client.finish();
  print(options, with_proposal(circle), text_of(circle));
}

void show(const Options& options, const std::string& wanted) {
  Client client(options);
  const auto unreached = client.look_online();
  const v1::CircleView circle = client.circle(wanted);
  client.finish();
  print(options, with_proposal(circle), text_of(circle));
  say_if_unasked(unreached);
}

struct ApproveArguments {
  std::string circle, hash;
  bool yes = false;
};

// Nobody approves blind: the proposal is shown first, and the answer is for exactly that one.
void approve(const Options& options, const ApproveArguments& a) {
  Client client(options);
  client.need_online();
  const v1::CircleView circle = client.circle(a.circle);
  if (circle.ours())
    throw Failure(Exit::failed,
                  "A plan is approved by somebody else: one of your supporters with the scope plan "
                  "runs `livlina plan approve`.",
                  "no_scope");
  const std::string hash = hex(view(circle.proposed_plan_hash()));
  if (hash.empty())
    throw Failure(Exit::failed, "No plan waits for an approval here.", "no_such_proposal");
  if (hash.rfind(a.hash, 0) != 0)
    throw Failure(Exit::failed, "Another plan is proposed now: look at it (`livlina plan show`).",
                  "no_such_proposal");
  if (!options.json) std::cout << proposal_text(circle) << std::flush;
  if (a.hash.empty() && !a.yes && !ask_yes_no("Do you approve this plan?"))
    throw Failure(Exit::failed, "Not approved.", "cancelled");
  v1::Command command;
  auto& approve = *command.mutable_approve_plan();
  approve.set_circle_id(circle.circle_id());
  approve.set_plan_hash(circle.proposed_plan_hash());
  client.run(std::move(command));
  client.finish();
  print(options, {{"ok", true}, {"plan_hash", hash}},
        "Approved and sent to the participant, whose device puts it in force.");
}

}  // namespace

void add_plan_commands(CLI::App& app, Options& options) {
  CLI::App* plan = app.add_subcommand("plan", "When check-ins are due");
  plan->require_subcommand(1);

  auto a = std::make_shared<PlanArguments>();
  CLI::App* cmd = plan->add_subcommand("set", "Sign a plan of weekday times (participant)");
  cmd->add_option("--time", a->times,
                  "\"20:00\" or \"Mon-Fri 20:00\"; may be repeated. Days may go over the weekend: "
                  "\"Fri-Mon 20:00\"");
  cmd->add_flag("--none", a->none, "A plan without check-ins: nobody notices a silence");
  cmd->add_option("--zone", a->zone, "Time zone")->capture_default_str();
  cmd->add_option("--grace", a->grace, "How late an answer may be")->capture_default_str();
  cmd->add_option("--opens", a->opens, "How early an answer counts")->capture_default_str();
  cmd->add_option("--remind", a->reminders,
                  "Reminder this long after the due time; may be repeated");
  cmd->add_option("--member-wait", a->member_wait,
                  "Members' own clients warn this long after a deadline without a record")
      ->capture_default_str();
  cmd->add_flag("--keep", a->keep,
                "Keep the times that are there and add these as a schedule of their own");
  cmd->add_option("--days", a->days, "How long the plan holds")->check(CLI::Range(1, 3650));
  cmd->callback([&options, a] { set(options, *a); });

  auto wanted = std::make_shared<std::string>();
  cmd = plan->add_subcommand("show", "The plan in force, and the one that is proposed");
  cmd->add_option("--circle", *wanted, "Participant's name, or the beginning of an id");
  cmd->callback([&options, wanted] { show(options, *wanted); });

  auto approval = std::make_shared<ApproveArguments>();
  cmd = plan->add_subcommand(
      "approve", "See the plan that the participant proposes, and approve it (supporter)");
  cmd->add_option("--circle", approval->circle, "Participant's name, or the beginning of an id");
  CLI::Option* by_hash = cmd->add_option("--plan", approval->hash,
                                         "Beginning of the plan's hash, as `plan show` prints it");
  cmd->add_flag("--yes", approval->yes, "Approve what is proposed without being asked")
      ->excludes(by_hash);
  cmd->callback([&options, approval] { approve(options, *approval); });
}

}  // namespace livlina::cli
