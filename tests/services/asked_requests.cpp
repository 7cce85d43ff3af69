// The requests of everybody who asks, by the subject of the operation.
#include <gtest/gtest.h>

#include <utility>

#include "tests/services/asked_town.hpp"

namespace livlina::testing {

using namespace server;
using Q = v1::Request;

namespace {

std::string text(ByteView bytes) { return to_string(bytes); }

}  // namespace

CircleId AskedTown::circle(bool there) {
  return there ? town.circle.id : random_id<CircleId>(town.random);
}

Asked AskedTown::ask_about(Q::OpCase op, unsigned asker, bool there) {
  const Somebody& by = people_.at(asker);
  switch (op) {
    case Q::kLogin:
    case Q::kClaimInvite:
    case Q::kJoinInvite:
      return before_login(op, by, there);
    case Q::kPutDeviceList:
    case Q::kGetDeviceLists:
    case Q::kPutPrekeys:
    case Q::kGetPrekeys:
      return about_keys(op, there);
    case Q::kPutDeskRoster:
    case Q::kPutStaffDirectory:
    case Q::kGetDesk:
      return about_desk(op, asker, there);
    case Q::kCreateInvite:
    case Q::kGetInvite:
    case Q::kPutConfirm:
    case Q::kRefuseInvite:
      return about_invite(op, by, there);
    case Q::kPutManifest:
    case Q::kPutPlan:
    case Q::kGetCircle:
    case Q::kListCircles:
      return about_circle(op, by, there);
    case Q::kPostMessage:
    case Q::kAckDeliveries:
    case Q::kReceiptNotices:
      return about_mail(op, asker, there);
    case Q::kPostRecord:
    case Q::kGetOccurrences:
    case Q::kPostAct:
    case Q::kListIncidents:
    case Q::kGetIncident:
      return about_watch(op, by, there);
    case Q::OP_NOT_SET:
      break;
  }
  ADD_FAILURE() << "no operation";
  return {};
}

// ---- log-in and invitations ----

// Once; the guest's keys are the same for whoever tries.
void AskedTown::open_invite(Connection& by) {
  if (std::exchange(guest_invited_, true)) return;
  Q q;
  auto& c = *q.mutable_create_invite();
  c.set_invite_id(text(keys_.invite_id.view()));
  c.set_auth_hash(text(ByteView(crypto::sha256(keys_.auth.expose()))));
  c.set_purpose(2);
  c.set_expires_at(town.now + 10 * minute);
  c.set_sealed_i("its sealed I");
  done(by, q);
}

v1::Request AskedTown::claim(bool there) {
  Q q;
  auto& c = *q.mutable_claim_invite();
  c.set_invite_id(there ? text(keys_.invite_id.view()) : std::string(16, 'n'));
  c.set_auth(text(keys_.auth.expose()));
  c.set_claim_id(std::string(16, 'c'));
  return q;
}

v1::Request AskedTown::join(bool there) {
  Q q;
  auto& j = *q.mutable_join_invite();
  j.set_invite_id(there ? text(keys_.invite_id.view()) : std::string(16, 'n'));
  j.set_auth(text(keys_.auth.expose()));
  j.set_claim_id(std::string(16, 'c'));
  j.set_sealed_j("sealed J");
  j.set_device_list(text(guest_.list_record));
  j.set_spk_record(text(guest_.spk_record(1, town.now, town.random)));
  j.set_shadow_mark(text(guest_.shadow_mark()));
  return q;
}

Asked AskedTown::before_login(Q::OpCase op, const Somebody& by, bool there) {
  if (op == Q::kLogin) {
    TestDevice& device = there ? town.other_mentor.primary() : nobody_.primary();
    return {server.server->login_request(*by.connection, device, ++device.login_counter), {}};
  }
  Connection& mentor = connection(asker_bit::mentor);
  open_invite(mentor);
  if (op == Q::kClaimInvite) return {claim(there), "its sealed I"};
  done(server.server->connect(), claim(true));
  return {join(there), {}};
}

// ---- keys and lists of the participant ----

Asked AskedTown::about_keys(Q::OpCase op, bool there) {
  const Person& of = there ? town.participant : nobody_;
  Q q;
  if (op == Q::kPutDeviceList) {
    protocol::DeviceList next = of.list;
    next.version += 1;
    next.prev = crypto::sha256(of.list_record);
    next.env = random_dh(town.random);
    q.mutable_put_device_list()->set_record(text(protocol::sign_device_list(next, of.account)));
    return {q, {}};
  }
  if (op == Q::kGetDeviceLists) {
    q.mutable_get_device_lists()->set_account(text(of.key().view()));
    return {q, text(of.list_record)};
  }
  if (op == Q::kPutPrekeys) {
    q.mutable_put_prekeys()->set_spk_record(text(of.spk_record(2, town.now, town.random)));
    return {q, {}};
  }
  q.mutable_get_prekeys()->add_device_ids(text(of.primary().id().view()));
  return {q, text(of.primary().id().view())};
}

// ---- the desk ----

// What its keeper has signed, whoever got hold of it. Of a desk that is not there the first
// records, which list neither of those who ask.
Asked AskedTown::about_desk(Q::OpCase op, unsigned asker, bool there) {
  const bool founds = asker == asker_bit::founder && op == Q::kPutDeskRoster;
  auto other = make_desk(town.random, {founds ? &founder_ : &nobody_}, {}, town.now);
  Q q;
  if (op == Q::kGetDesk) {
    q.mutable_get_desk()->set_desk_pk(text((there ? town.desk : other).key().view()));
    return {q, text(town.desk.roster_record)};
  }
  const bool here = there && !founds;
  if (op == Q::kPutDeskRoster) {
    protocol::DeskRoster next = here ? town.desk.roster : other.roster;
    if (here) next.serial += 1;
    if (here) next.prev = crypto::sha256(town.desk.roster_record);
    q.mutable_put_desk_roster()->set_record(
        text(protocol::sign_roster(next, here ? town.desk.root : other.root)));
    return {q, {}};
  }
  protocol::StaffDirectory next = here ? town.desk.directory : other.directory;
  if (here) next.serial += 1;
  if (here) next.prev = crypto::sha256(town.desk.directory_record);
  q.mutable_put_staff_directory()->set_record(
      text(protocol::sign_directory(next, here ? town.desk.root : other.root)));
  return {q, {}};
}

// ---- pairings by the mentor ----

Asked AskedTown::about_invite(Q::OpCase op, const Somebody& by, bool there) {
  Q q;
  const std::string pairing =
      there ? text(pairing_.view()) : text(random_id<InviteId>(town.random).view());
  if (op == Q::kCreateInvite) {
    auto& c = *q.mutable_create_invite();
    c.set_invite_id(text(random_id<InviteId>(town.random).view()));
    c.set_auth_hash(std::string(32, 'h'));
    c.set_purpose(2);
    c.set_expires_at(town.now + 10 * minute);
    c.set_sealed_i("sealed I");
    return {q, {}};
  }
  if (op == Q::kGetInvite) {
    q.mutable_get_invite()->set_invite_id(pairing);
    return {q, "its sealed J"};
  }
  if (op == Q::kRefuseInvite) {
    q.mutable_refuse_invite()->set_invite_id(pairing);
    return {q, {}};
  }
  open_invite(connection(asker_bit::mentor));
  if (!std::exchange(guest_joined_, true)) {
    Connection& c = server.server->connect();
    done(c, claim(true));
    done(c, join(true));
  }
  // In their own name: somebody else's would be refused for its signer.
  const crypto::SignKeyPair& signer = by.person == nullptr ? founder_.account : by.person->account;
  q.mutable_put_confirm()->set_record(text(protocol::sign_confirm(
      {{}, random_id<CircleId>(town.random), (there ? guest_ : nobody_).key(), signer.public_key()},
      signer)));
  return {q, {}};
}

// ---- the circle ----

// By another participant in their own name; by everybody else what the participant has signed.
Asked AskedTown::about_circle(Q::OpCase op, const Somebody& by, bool there) {
  const Person& signer = by.person == &neighbour_ ? neighbour_ : town.participant;
  Q q;
  if (op == Q::kListCircles) {
    q.mutable_list_circles();
    return {q, text(town.circle.id.view())};
  }
  if (op == Q::kGetCircle) {
    q.mutable_get_circle()->set_circle_id(text(circle(there).view()));
    return {q, text(town.circle.manifest_record)};
  }
  if (op == Q::kPutManifest) {
    protocol::Manifest next = town.circle.manifest;
    next.circle = circle(there);
    next.participant = signer.key();
    next.seq += 1;
    next.prev = crypto::sha256(town.circle.manifest_record);
    next.lines.pop_back();
    q.mutable_put_manifest()->set_record(text(protocol::sign_manifest(next, signer.account)));
    return {q, {}};
  }
  protocol::Plan next = town.circle.plan;
  next.circle = circle(there);
  next.participant = signer.key();
  next.version += 1;
  next.prev = crypto::sha256(town.circle.plan_record);
  next.schedules = {town.daily_at(12 * 60)};
  const Bytes record = protocol::sign_plan(next, signer.account);
  protocol::StaffAct approve;
  approve.act = protocol::Act::approve;
  approve.circle = next.circle;
  approve.target = crypto::sha256(record);
  approve.actor = town.contact.primary().id();
  approve.time = town.now;
  q.mutable_put_plan()->set_record(text(record));
  q.mutable_put_plan()->set_approval(text(sign_act(approve, town.contact.primary().sig)));
  return {q, {}};
}

// ---- the participant's mailbox, the mentor's page ----

Asked AskedTown::about_mail(Q::OpCase op, unsigned asker, bool there) {
  if (op == Q::kPostMessage) {
    const bool own = (asker & (asker_bit::primary | asker_bit::shadow)) != 0;
    const DeviceId to = !there ? random_id<DeviceId>(town.random)
                        : own  ? town.contact.primary().id()
                               : town.participant.primary().id();
    return {post_message(random_id<MessageId>(town.random), {to}), {}};
  }
  if (op == Q::kAckDeliveries) return {ack({there ? 9U : 1000U}), {}};
  Q q;
  q.mutable_receipt_notices()->add_notice_ids(
      there ? notice_ : text(random_id<NoticeId>(town.random).view()));
  return {q, {}};
}

// ---- check-ins and incidents ----

Asked AskedTown::about_watch(Q::OpCase op, const Somebody& by, bool there) {
  Q q;
  const CircleId id = circle(there);
  const std::string incident =
      there ? text(incident_.view()) : text(random_id<IncidentId>(town.random).view());
  if (op == Q::kGetOccurrences) {
    q.mutable_get_occurrences()->set_circle_id(text(id.view()));
    return {q, text(town.circle.plan.schedules.front().id.view())};
  }
  if (op == Q::kListIncidents) {
    q.mutable_list_incidents()->set_circle_id(text(id.view()));
    return {q, text(incident_.view())};
  }
  if (op == Q::kGetIncident) {
    q.mutable_get_incident()->set_incident_id(incident);
    return {q, text(incident_.view())};
  }
  // In their own name and with their own device, as far as they have one.
  const Person& person = by.person == nullptr ? town.participant : *by.person;
  const TestDevice& device = person.devices.at(by.device);
  if (op == Q::kPostRecord) {
    protocol::CheckinRecord r;
    r.type = protocol::RecordType::checkin;
    r.circle = id;
    r.device = device.id();
    r.seq = 50;
    r.claimed_at = town.now;
    r.answer = 2;
    q.mutable_post_record()->set_record(text(protocol::sign_checkin(r, device.sig)));
    return {q, {}};
  }
  protocol::StaffAct a;
  a.act = protocol::Act::take;
  a.circle = id;
  a.incident = IncidentId::from(incident).value();
  a.actor = device.id();
  a.time = town.now;
  q.mutable_post_act()->set_record(text(protocol::sign_act(a, device.sig)));
  return {q, {}};
}

}  // namespace livlina::testing
