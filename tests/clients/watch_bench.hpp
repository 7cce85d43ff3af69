// One client's check-ins, incidents and guard alone, before a server that does exactly what the
// test says: every request waits until it is answered, and every frame is the test's.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "clients/core/checkins.hpp"
#include "clients/core/guard.hpp"
#include "clients/core/incidents.hpp"
#include "clients/core/trust.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "protocol/records/staff_act.hpp"
#include "tests/clients/commands.hpp"
#include "tests/support/people.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

// Requests under way, in order; nothing is answered by itself.
class HeldRequests final : public client::Requests {
 public:
  struct Held {
    v1::Request request;
    OnReply on_reply;
  };
  [[nodiscard]] bool logged_in() const override { return logged; }
  [[nodiscard]] bool connected() const override { return logged || connecting; }
  void send(v1::Request request, OnReply on_reply) override;

  bool logged = false;
  bool connecting = false;  // connected, and not logged in yet
  bool dying = false;       // logged in, but every request is called back at once with nullptr
  int sent = 0;
  std::deque<Held> held;
};

// Sami the participant; Bo a mentor and Cam the coordinator by lines of their own; the desk. The
// circle is armed, with a check-in due every day at 20:00 UTC: open from 19:00 to 20:30. It is
// noon.
class WatchBench {
 public:
  enum class Who { sami, decoy, bo };
  explicit WatchBench(Who who, std::uint16_t scope_of_bo = scope_all, bool armed = true);

  static constexpr Instant noon = 1'772'452'800'000;  // 2026-03-02, 12:00 UTC
  static constexpr Instant opens = noon + 7 * hour;
  static constexpr Instant due = noon + 8 * hour;
  static constexpr Instant deadline = due + 30 * minute;
  static constexpr Duration member_wait = 2 * minute;

  SeededRandom random{7};
  Person sami, bo, cam, stranger;
  TestDesk desk;
  TestCircle circle;
  HeldRequests requests;
  Instant now = noon;
  Duration stepped = 0;  // of `now`, what did not pass
  std::vector<v1::Event> events;
  crypto::Vault::Values disk;

  // ---- the client ----
  [[nodiscard]] client::Checkins& checkins() { return live_->checkins; }
  [[nodiscard]] client::Guard& guard() { return live_->guard; }
  [[nodiscard]] client::Incidents& incidents() { return live_->incidents; }
  [[nodiscard]] client::Messenger& messenger() { return live_->messenger; }
  [[nodiscard]] client::Trust& trust() { return live_->trust; }
  [[nodiscard]] client::Store& store() { return live_->store; }
  [[nodiscard]] client::Context& context() { return live_->context; }
  // The process ends, and begins anew from what was committed.
  void reopen();
  void step_clock(Duration by);  // somebody sets this machine's clock
  void commit();                 // what the running input changed and said
  void online();
  void offline();
  void drained();
  void tick();
  void command(v1::Command command);
  void push(const v1::ServerFrame& frame);
  // The driver says that everything so far was shown to the person.
  void shown_all();
  // Ticks when the client asks for it until `until`; how often. Fails beyond `most`.
  int run_to(Instant until, int most = 1000);
  [[nodiscard]] std::optional<Instant> wake_at() const;

  // ---- what waits for the server ----
  [[nodiscard]] std::vector<const v1::Request*> waiting(v1::Request::OpCase op) const;
  // Answers the first such; false when there is none.
  bool answer(v1::Request::OpCase op, const v1::ServerFrame* reply);
  bool answer_record(protocol::RecordStatus status = protocol::RecordStatus::received);
  bool refuse(v1::Request::OpCase op, v1::ErrorCode code);
  // Every question about circles, lists and the desk is answered with `code`.
  void refuse_fetches(v1::ErrorCode code = v1::FORBIDDEN);

  // ---- what Sami's devices sign ----
  struct Signer {
    std::uint64_t seq = 0;
    crypto::Hash prev{};
  };
  Signer primary, shadow;
  [[nodiscard]] protocol::CheckinRecord spoken(std::uint8_t answer, Instant claimed) const;
  // Signs with the next number of the device.
  [[nodiscard]] Bytes signed_record(protocol::CheckinRecord record, bool by_shadow = false);
  // A plan that follows the one in force, signed then, approved by Bo now, and known here at once.
  void new_plan(std::vector<protocol::Schedule> schedules, Instant signed_at);
  [[nodiscard]] Bytes approval(const Bytes& plan, const Person& by) const;
  void forward(const Bytes& record, Instant received_at);
  // Signed now for tonight's slot, and forwarded at once.
  Bytes check_in(std::uint8_t answer, bool by_shadow = false);
  void word(std::uint32_t state, Instant slot_due = due, Instant slot_deadline = deadline);
  [[nodiscard]] ScheduleId schedule() const { return circle.plan.schedules.at(0).id; }

  // ---- what was shown ----
  [[nodiscard]] int warnings(const std::string& code) const;
  // The state of the newest view of the slot; 0: none was shown.
  [[nodiscard]] std::uint32_t shown(Instant slot_due = due) const;
  [[nodiscard]] const v1::CheckinView* view(Instant slot_due = due) const;
  [[nodiscard]] const v1::RecordView* heard() const;  // the newest
  [[nodiscard]] int count(v1::Event::EventCase which) const;
  [[nodiscard]] const v1::Event* last(v1::Event::EventCase which) const;
  [[nodiscard]] v1::Status status();

 private:
  struct Live {
    Live(WatchBench& bench);
    client::Store store;
    std::vector<v1::Event> events;
    client::Context context;
    client::Trust trust;
    client::Messenger messenger;
    client::Checkins checkins;
    client::Incidents incidents;
    client::Guard guard;
    std::optional<client::Identity> self;
  };
  void enrol(Who who);
  void begin();  // an input

  std::uint64_t next_delivery_ = 1;
  std::uint64_t next_command_ = 1;
  std::unique_ptr<Live> live_;
};

// Bo's client, connected with its queue drained since noon; it is a minute before the deadline.
struct Evening : WatchBench {
  explicit Evening(std::uint16_t scope = scope_all) : WatchBench(Who::bo, scope) {
    online();
    drained();
    (void)run_to(deadline - minute);
  }
};

}  // namespace livlina::testing
