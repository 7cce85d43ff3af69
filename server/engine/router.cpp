#include "server/engine/router.hpp"

#include <array>

#include "server/services/handlers.hpp"
#include "server/services/reach.hpp"
#include "server/services/watch.hpp"
#include "server/store/accounts.hpp"
#include "server/store/db.hpp"
#include "server/store/taken_back.hpp"

namespace livlina::server {

namespace {

using Op = v1::Request::OpCase;
using v1::Request;
using v1::ServerFrame;
using enum RequestClass;
using enum Stage;
using enum ShadowWay;
using namespace role_bit;  // the table reads as in the specification

// Puts a handler's answer where it belongs in the reply.
std::optional<Refusal> put(Answer<Unit> answer, ServerFrame& reply) {
  if (!answer.ok()) return answer.error();
  reply.mutable_done();
  return std::nullopt;
}
template <class T>
std::optional<Refusal> put(Answer<T> answer, T* into) {
  if (!answer.ok()) return answer.error();
  *into = std::move(answer).value();
  return std::nullopt;
}

#define LIVLINA_DONE(call)                                         \
  [](Turn& t, const Caller& c, const Request& q, ServerFrame& r) { \
    (void)t;                                                       \
    (void)c;                                                       \
    return put(call, r);                                           \
  }
#define LIVLINA_INTO(field, call)                                  \
  [](Turn& t, const Caller& c, const Request& q, ServerFrame& r) { \
    (void)c;                                                       \
    (void)q;                                                       \
    return put(call, r.mutable_##field());                         \
  }

// Who asks, as the rows below say it. Whatever is one's own is asked about by its owner.
using Who = unsigned;
constexpr Who nobody_yet = asker_bit::stranger;
constexpr Who theirs = asker_bit::primary | asker_bit::shadow;
constexpr Who lines = asker_bit::contact | asker_bit::mentor | asker_bit::coordinator;
constexpr Who in_circle = theirs | lines;
// Keys and lists go by the account: a device has to fetch them before it can be certified.
constexpr Who known = in_circle | asker_bit::uncertified;
constexpr Who of_desk = known | asker_bit::colleague;
constexpr Who inviters = lines | asker_bit::uncertified | asker_bit::colleague |
                         asker_bit::far_mentor | asker_bit::far_coordinator;
constexpr Who paired = asker_bit::mentor | theirs;
constexpr Who desk_head = asker_bit::coordinator;
constexpr Who first_head = asker_bit::founder;
constexpr Who paged = asker_bit::mentor;

// clang-format off
constexpr Route table[] = {
  {Request::kLogin, "login", urgent, before_login, 0, nobody_yet, itself, nullptr},
  {Request::kClaimInvite, "claim_invite", normal, before_login, 0, nobody_yet, itself,
   LIVLINA_INTO(claimed_invite, claim_invite(t, q.claim_invite()))},
  {Request::kJoinInvite, "join_invite", normal, before_login, 0, nobody_yet, itself,
   LIVLINA_DONE(join_invite(t, q.join_invite()))},

  {Request::kPutDeviceList, "put_device_list", normal, after_login, everybody, theirs, pretend,
   LIVLINA_DONE(put_device_list(t, c, q.put_device_list()))},
  {Request::kGetDeviceLists, "get_device_lists", normal, after_login, everybody, known, itself,
   LIVLINA_INTO(device_lists, get_device_lists(t, c, q.get_device_lists()))},
  {Request::kPutPrekeys, "put_prekeys", normal, after_login, everybody, theirs, pretend,
   LIVLINA_INTO(prekey_stock, put_prekeys(t, c, q.put_prekeys()))},
  {Request::kGetPrekeys, "get_prekeys", normal, after_login, everybody, in_circle, itself,
   LIVLINA_INTO(prekey_bundles, get_prekeys(t, c, q.get_prekeys()))},

  {Request::kPutDeskRoster, "put_desk_roster", normal, after_login, coordinator | setup,
   desk_head | first_head, itself,
   LIVLINA_DONE(put_desk_roster(t, c, q.put_desk_roster()))},
  {Request::kPutStaffDirectory, "put_staff_directory", normal, after_login, coordinator,
   desk_head, itself,
   LIVLINA_DONE(put_staff_directory(t, c, q.put_staff_directory()))},
  {Request::kGetDesk, "get_desk", bulk, after_login, everybody, of_desk, itself,
   LIVLINA_INTO(desk, get_desk(t, c, q.get_desk()))},

  {Request::kCreateInvite, "create_invite", normal, after_login, staff | coordinator,
   inviters, itself,
   LIVLINA_DONE(create_invite(t, c, q.create_invite()))},
  {Request::kGetInvite, "get_invite", normal, after_login, everybody, paired, itself,
   LIVLINA_INTO(invite_state, get_invite(t, c, q.get_invite()))},
  {Request::kPutConfirm, "put_confirm", normal, after_login, staff, paired & ~theirs, itself,
   LIVLINA_DONE(put_confirm(t, c, q.put_confirm()))},
  {Request::kRefuseInvite, "refuse_invite", normal, after_login, everybody, paired, pretend,
   LIVLINA_DONE(refuse_invite(t, c, q.refuse_invite()))},

  {Request::kPutManifest, "put_manifest", normal, after_login, participant, theirs, pretend,
   LIVLINA_DONE(put_manifest(t, c, q.put_manifest()))},
  {Request::kPutPlan, "put_plan", normal, after_login, participant, theirs, pretend,
   LIVLINA_DONE(put_plan(t, c, q.put_plan()))},
  {Request::kGetCircle, "get_circle", normal, after_login, everybody, in_circle, itself,
   LIVLINA_INTO(circle, get_circle(t, c, q.get_circle()))},
  {Request::kListCircles, "list_circles", bulk, after_login, everybody, in_circle, itself,
   LIVLINA_INTO(circle_heads, list_circles(t, c))},

  {Request::kPostMessage, "post_message", normal, after_login, everybody, in_circle, itself,
   LIVLINA_INTO(stored, post_message(t, c, q.post_message()))},
  {Request::kAckDeliveries, "ack_deliveries", normal, after_login, everybody, theirs, itself,
   LIVLINA_DONE(ack_deliveries(q.ack_deliveries()))},

  {Request::kPostRecord, "post_record", urgent, after_login, participant, theirs, itself,
   LIVLINA_INTO(record_answer, post_record(t, c, q.post_record()))},
  {Request::kGetOccurrences, "get_occurrences", bulk, after_login, everybody, in_circle, itself,
   LIVLINA_INTO(occurrences, get_occurrences(t, c, q.get_occurrences()))},

  {Request::kPostAct, "post_act", urgent, after_login, supporter, lines, itself,
   LIVLINA_INTO(act_answer, post_act(t, c, q.post_act()))},
  {Request::kListIncidents, "list_incidents", bulk, after_login, everybody, in_circle, itself,
   LIVLINA_INTO(incidents, list_incidents(t, c, q.list_incidents()))},
  {Request::kGetIncident, "get_incident", normal, after_login, everybody,
   in_circle & ~asker_bit::shadow, itself,
   LIVLINA_INTO(incident, get_incident(t, c, q.get_incident()))},
  {Request::kReceiptNotices, "receipt_notices", normal, after_login, everybody, paged, pretend,
   LIVLINA_DONE(receipt_notices(t, c, q.receipt_notices()))},
};
// clang-format on

// The row's place, by a switch without a default: an operation of the protocol that is missing here
// does not compile, and one that is here but not in the table fails the check below.
constexpr int place(Op op) {
  switch (op) {
    case Request::kLogin:
    case Request::kClaimInvite:
    case Request::kJoinInvite:
    case Request::kPutDeviceList:
    case Request::kGetDeviceLists:
    case Request::kPutPrekeys:
    case Request::kGetPrekeys:
    case Request::kPutDeskRoster:
    case Request::kPutStaffDirectory:
    case Request::kGetDesk:
    case Request::kCreateInvite:
    case Request::kGetInvite:
    case Request::kPutConfirm:
    case Request::kRefuseInvite:
    case Request::kPutManifest:
    case Request::kPutPlan:
    case Request::kGetCircle:
    case Request::kListCircles:
    case Request::kPostMessage:
    case Request::kAckDeliveries:
    case Request::kPostRecord:
    case Request::kGetOccurrences:
    case Request::kPostAct:
    case Request::kListIncidents:
    case Request::kGetIncident:
    case Request::kReceiptNotices:
      for (std::size_t i = 0; i < std::size(table); ++i)
        if (table[i].op == op) return static_cast<int>(i);
      return -2;  // known to the protocol, without a row
    case Request::OP_NOT_SET:
      return -1;
  }
  return -1;
}

constexpr bool every_operation_has_its_row() {
  std::size_t rows = 0;
  for (int number = 0; number < 128; ++number) {
    const int at = place(static_cast<Op>(number));
    if (at == -2) return false;
    if (at >= 0) ++rows;
  }
  return rows == std::size(table);
}
static_assert(every_operation_has_its_row());

// The roles that somebody bears who asks.
constexpr unsigned borne_by(Who one) {
  switch (one) {
    case asker_bit::primary:
    case asker_bit::shadow:
    case asker_bit::neighbour:
      return participant;
    case asker_bit::contact:
    case asker_bit::mentor:
    case asker_bit::uncertified:
    case asker_bit::colleague:
    case asker_bit::far_mentor:
      return supporter | staff;
    case asker_bit::coordinator:
    case asker_bit::far_coordinator:
      return supporter | staff | coordinator;
    case asker_bit::dropped:
    case asker_bit::removed:
      return supporter;
    case asker_bit::founder:
      return supporter | setup;
    default:
      return 0;  // a stranger
  }
}

// Nobody may what their roles do not let through.
constexpr bool roles_fit_who_may() {
  for (const Route& route : table)
    for (unsigned i = 0; i < asker_bit::count; ++i) {
      const Who one = route.may & (1U << i);
      if (one == 0) continue;
      if (route.stage == before_login ? one != nobody_yet : (borne_by(one) & route.roles) == 0)
        return false;
    }
  return true;
}
static_assert(roles_fit_who_may());

// What the primary itself would be pushed because of its request goes to the shadow that asked;
// nobody else hears of it, and the primary least of all.
class ToAsker final : public Outbound {
 public:
  ToAsker(Outbound& out, const DeviceId& primary, const DeviceId& asker)
      : out_(out), primary_(primary), asker_(asker) {}
  void push(const DeviceId& device, ServerFrame frame) override {
    if (device == primary_) out_.push(asker_, std::move(frame));
  }
  void mail(const DeviceId& /*device*/, store::Rank /*rank*/) override {}
  void incident_changed(const IncidentId& /*incident*/, bool /*may_wait*/) override {}
  void close(const DeviceId& /*device*/, const char* /*reason*/) override {}

 private:
  Outbound& out_;
  DeviceId primary_;
  DeviceId asker_;
};

// The primary would have got this answer. An exception leaves the whole batch to be rolled back.
std::optional<Refusal> pretended(Turn& turn, const Caller& shadow, const Route& route,
                                 const Request& request, ServerFrame& reply) {
  Caller primary{shadow.device, shadow.account, false, true};
  for (const store::DeviceName& d : store::Accounts(turn.db).devices(shadow.account.bytes()))
    if (!d.shadow) primary.device = d.id;
  ToAsker asker(turn.out, primary.device, shadow.device);
  Turn alone{turn.db, turn.now, asker, turn.presence, turn.settings, turn.zones, turn.random};
  store::TakenBack savepoint(turn.db);
  auto why = route.handler(alone, primary, request, reply);
  savepoint.end();
  return why;
}

}  // namespace

std::span<const Route> routes() { return table; }

const Route& route_of(Op op) { return table[static_cast<std::size_t>(place(op))]; }

unsigned roles_of(Turn& turn, const Caller& caller, unsigned wanted) {
  const auto account = store::Accounts(turn.db).find(caller.account.bytes());
  if (!account) return 0;
  if (account->purpose == 2) return participant & wanted;
  unsigned out = supporter | (account->setup ? setup : 0);
  if ((wanted & staff) != 0 && is_listed_staff(turn, caller.account.bytes())) out |= staff;
  if ((wanted & coordinator) != 0 && is_any_coordinator(turn, caller.account, caller.device))
    out |= coordinator;
  return out & wanted;
}

std::optional<Refusal> run_route(Turn& turn, const Caller* caller, const Request& request,
                                 ServerFrame& reply) {
  const Route& route = route_of(request.op_case());
  if (route.stage == before_login) {
    if (caller != nullptr) return refuse(Code::wrong_state, "logged_in");
    static const auto nobody = crypto::SignKeyPair::from_seed(crypto::Secret<32>()).public_key();
    return route.handler(turn, Caller{{}, nobody, false}, request, reply);
  }
  if (caller == nullptr) return refuse(Code::not_logged_in);
  // Every logged-in device is a participant's or a supporter's: no need to ask which.
  if (route.roles != everybody && roles_of(turn, *caller, route.roles) == 0)
    return refuse(Code::forbidden);
  if (caller->shadow && route.shadow == pretend)
    return pretended(turn, *caller, route, request, reply);
  return route.handler(turn, *caller, request, reply);
}

RequestClass Engine::class_of(const v1::Request& request) {
  return request.op_case() == Request::OP_NOT_SET ? bulk : route_of(request.op_case()).runs;
}

}  // namespace livlina::server
