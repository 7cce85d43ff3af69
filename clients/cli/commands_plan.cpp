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
#include "clients/cli/schedule_options.hpp"
#include "clients/cli/schedule_words.hpp"
#include "clients/cli/terminal.hpp"
#include "protocol/records/plan.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

constexpr const char* no_such_schedule = "no_such_schedule";

struct SetArguments {
  ScheduleOptions schedule;
  std::string member_wait = "120s";
  bool none = false;
};

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

// Signs this plan, and shows what it comes to.
void put(const Options& options, Client& client, v1::Command command) {
  client.run(std::move(command));
  const v1::CircleView circle = client.circle("");
  client.finish();
  print(options, with_proposal(circle), text_of(circle));
}

void set(const Options& options, const SetArguments& a) {
  if (a.schedule.any() == a.none)
    throw Failure(Exit::usage,
                  a.none ? "--none is a plan without check-ins: leave out when they are."
                         : "Say when: --time 20:00, or --every 4h --from 08:00 --to 20:00. A plan "
                           "in which no check-in is due, and so nobody notices a silence, is "
                           "--none.",
                  "bad_argument");
  v1::Command command;
  auto& plan = *command.mutable_set_plan();
  plan.set_member_wait_s(seconds_of(a.member_wait, "--member-wait"));
  if (!a.none) *plan.add_schedules() = schedule_of(a.schedule, wall_now());
  Client client(options);
  client.need_online();
  put(options, client, std::move(command));
}

// A change goes out from the plan that waits for an approval, if one does, so that no change is
// lost by the next; else from the one in force.
v1::Command change_of(Client& client) {
  const v1::CircleView now = client.circle("");
  const bool proposed = !now.proposed_plan_hash().empty();
  v1::Command command;
  auto& plan = *command.mutable_set_plan();
  plan.set_member_wait_s(proposed ? now.proposed_member_wait_s() : now.member_wait_s());
  for (const auto& s : proposed ? now.proposed_schedules() : now.schedules())
    *plan.add_schedules() = s;
  return command;
}

void add(const Options& options, const ScheduleOptions& a) {
  if (!a.any())
    throw Failure(Exit::usage, "Say when: --time 20:00, or --every 4h --from 08:00 --to 20:00.",
                  "bad_argument");
  const v1::ScheduleText schedule = schedule_of(a, wall_now());
  Client client(options);
  client.need_online();
  v1::Command command = change_of(client);
  auto& plan = *command.mutable_set_plan();
  if (static_cast<std::size_t>(plan.schedules_size()) >= protocol::max_schedules)
    throw Failure(Exit::failed,
                  "A plan has at most " + std::to_string(protocol::max_schedules) +
                      " schedules. Remove one first: livlina plan remove NUMBER",
                  "too_many_schedules");
  *plan.add_schedules() = schedule;
  put(options, client, std::move(command));
}

void remove(const Options& options, int number) {
  Client client(options);
  client.need_online();
  v1::Command command = change_of(client);
  auto& schedules = *command.mutable_set_plan()->mutable_schedules();
  if (schedules.empty())
    throw Failure(Exit::failed, "The plan has no schedules.", no_such_schedule);
  if (number > schedules.size())
    throw Failure(Exit::failed,
                  "There is no schedule " + std::to_string(number) + ", only 1 to " +
                      std::to_string(schedules.size()) +
                      " (`livlina plan show`). Nothing was changed.",
                  no_such_schedule);
  // Nobody should find only afterwards that a silence is noticed no more.
  if (schedules.size() == 1)
    throw Failure(Exit::failed,
                  "This is the only schedule: without it nobody notices a silence. If that is what "
                  "you want: livlina plan set --none",
                  "last_schedule");
  schedules.erase(schedules.begin() + (number - 1));
  put(options, client, std::move(command));
}

struct ShowArguments {
  std::string circle;
  bool slots = false;
};

void show(const Options& options, const ShowArguments& a) {
  Client client(options);
  const auto unreached = client.look_online();
  const v1::CircleView circle = client.circle(a.circle);
  client.finish();
  json value = with_proposal(circle);
  std::string text = text_of(circle);
  if (a.slots) {
    const Instant now = wall_now();
    value["slots"] = slots_json(circle.schedules(), now);
    value["proposed_slots"] = slots_json(circle.proposed_schedules(), now);
    text += "\nCheck-ins of the next 14 days:\n" + slots_text(circle.schedules(), now);
    if (!circle.proposed_plan_hash().empty())
      text += "By the plan that is NOT in force:\n" + slots_text(circle.proposed_schedules(), now);
    text.pop_back();
  }
  print(options, value, text);
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

  auto a = std::make_shared<SetArguments>();
  CLI::App* cmd = plan->add_subcommand(
      "set", "Sign a plan of one schedule instead of the old one (participant)");
  add_schedule_options(*cmd, a->schedule);
  cmd->add_flag("--none", a->none, "A plan without check-ins: nobody notices a silence");
  cmd->add_option("--member-wait", a->member_wait,
                  "Members' own clients warn this long after a deadline without a record")
      ->capture_default_str();
  cmd->callback([&options, a] { set(options, *a); });

  auto added = std::make_shared<ScheduleOptions>();
  cmd = plan->add_subcommand("add", "Sign the plan with one more schedule (participant)");
  add_schedule_options(*cmd, *added);
  cmd->callback([&options, added] { add(options, *added); });

  auto number = std::make_shared<int>(0);
  cmd = plan->add_subcommand("remove", "Sign the plan without a schedule (participant)");
  cmd->add_option("number", *number, "The schedule's number, as `plan show` gives it")
      ->required()
      ->check(CLI::PositiveNumber);
  cmd->callback([&options, number] { remove(options, *number); });

  auto shown = std::make_shared<ShowArguments>();
  cmd = plan->add_subcommand("show", "The plan in force, and the one that is proposed");
  cmd->add_option("--circle", shown->circle, "Participant's name, or the beginning of an id");
  cmd->add_flag("--slots", shown->slots, "And the check-ins of the next 14 days");
  cmd->callback([&options, shown] { show(options, *shown); });

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
