#include "tests/clients/town.hpp"

#include <gtest/gtest.h>

#include "clients/core/message_layout.hpp"
#include "clients/core/session_store.hpp"

namespace livlina::testing {

using protocol::LineType;

Resident Town::make_resident(std::size_t devices) {
  auto account = crypto::SignKeyPair::generate(random);
  const auto key = account.public_key();
  Resident out{std::move(account),
               {},
               {key, 1, {}, now0 - day, {1}, crypto::DhKeyPair::generate(random).public_key(), {}},
               {}};
  for (std::size_t i = 0; i < devices; ++i) {
    auto sig = crypto::SignKeyPair::generate(random);
    auto ik = crypto::DhKeyPair::generate(random);
    const DeviceId id = protocol::device_id(sig.public_key(), ik.public_key());
    out.list.devices.push_back({id, sig.public_key(), ik.public_key()});
    out.devices.push_back({std::move(sig), std::move(ik), id});
  }
  out.record = protocol::sign_device_list(out.list, out.account);
  office.lists[to_string(key.view())].push_back(out.record);
  return out;
}

Town::Town()
    : sara(make_resident(2)),
      bo(make_resident(1)),
      amal(make_resident(1)),
      cam(make_resident(1)),
      stranger(make_resident(1)),
      desk(std::make_unique<crypto::SignKeyPair>(crypto::SignKeyPair::generate(random))),
      circle{random.array<16>()},
      desk_circle(protocol::desk_circle(desk->public_key())),
      sara_phone(office, 11),
      bo_phone(office, 12),
      amal_phone(office, 13),
      cam_phone(office, 14),
      manifest_{circle, sara.key(), 0, {}, now0 - hour, false, {}, {desk->public_key(), {}}} {
  const auto desk_env = crypto::DhKeyPair::generate(random).public_key();
  const auto& root = desk->public_key();
  office.rosters.push_back(protocol::sign_roster(
      {root, 1, {}, {}, now0 - hour, now0 + 6 * day, {{cam.key(), {cam.devices[0].id}}}, desk_env},
      *desk));
  const auto entry = [](const Resident& r, Role role) {
    return protocol::StaffEntry{r.key(), role, {}, 1, crypto::sha256(r.record)};
  };
  office.directories.push_back(protocol::sign_directory(
      {root,
       1,
       {},
       {},
       now0 - hour,
       now0 + 29 * day,
       {entry(cam, Role::coordinator), entry(bo, Role::mentor), entry(amal, Role::contact_person)}},
      *desk));
  sign_manifest(lines());

  give_identity(sara, 0, sara_phone, true, false);
  give_identity(bo, 0, bo_phone, false, false);
  give_identity(amal, 0, amal_phone, false, false);
  give_identity(cam, 0, cam_phone, false, false);
  sara_phone.decoy_disk = &decoy_disk;
  for (Phone* phone : phones()) seed_trust(*phone);
}

protocol::Line Town::line(const Resident& who, Role role, std::uint16_t scope) const {
  LineId id;
  std::memcpy(id.bytes.data(), who.key().bytes().data(), 16);
  return {id, LineType::account, who.key(), role, scope, now0 - day, now0 + 300 * day, 48, {}};
}

std::vector<protocol::Line> Town::lines() const {
  protocol::Line desk_line = line(cam, Role::coordinator, scope_all);
  desk_line.type = LineType::desk;
  desk_line.key = desk->public_key();
  return {line(bo, Role::mentor, scope_all), line(amal, Role::contact_person, scope_all),
          desk_line};
}

void Town::sign_manifest(const std::vector<protocol::Line>& new_lines) {
  auto& chain = office.manifests[circle];
  manifest_.seq += 1;
  manifest_.prev = chain.empty() ? crypto::Hash{} : crypto::sha256(chain.back());
  manifest_.lines = new_lines;
  chain.push_back(protocol::sign_manifest(manifest_, sara.account));
}

void Town::replace_device(Resident& who) {
  auto sig = crypto::SignKeyPair::generate(random);
  auto ik = crypto::DhKeyPair::generate(random);
  const DeviceId id = protocol::device_id(sig.public_key(), ik.public_key());
  who.list.version += 1;
  who.list.prev = crypto::sha256(who.record);
  who.list.devices = {{id, sig.public_key(), ik.public_key()}};
  who.record = protocol::sign_device_list(who.list, who.account);
  office.lists[to_string(who.key().view())].push_back(who.record);
}

void Town::give_identity(const Resident& who, std::size_t device, Phone& phone, bool participant,
                         bool decoy) {
  client::Store store({});
  ByteReader server(office.key().view());
  client::Identity identity{who.key(),
                            decoy ? std::nullopt : std::optional(who.account.copy()),
                            who.devices[device].sig.copy(),
                            who.devices[device].ik.copy(),
                            who.devices[device].id,
                            {},
                            {},
                            crypto::Language::english,
                            "test:1",
                            server.array<32>(),
                            desk->public_key(),
                            participant,
                            decoy};
  client::save_identity(store, identity);
  if (participant && !decoy) {
    client::save_shadow(store,
                        {who.devices[1].sig.copy(), who.devices[1].ik.copy(), who.devices[1].id});
    store.put("shadow_mark",
              protocol::sign_shadow_mark({who.key(), who.devices[1].id, 1}, who.account));
  }
  for (auto& [key, value] : store.take_changes())
    phone.disk.insert_or_assign(key, std::move(*value));
}

// What a client knows after its enrolment: everybody's lists, the desk, the circle, the mark.
void Town::seed_trust(Phone& phone) {
  phone.boot();
  client::Trust& trust = phone.trust();
  trust.pin_desk(desk->public_key());
  for (const Resident* r : {&sara, &bo, &amal, &cam})
    ASSERT_TRUE(trust.accept_device_list(r->record).ok());
  ASSERT_TRUE(trust.accept_roster(office.rosters.back()).ok());
  ASSERT_TRUE(trust.accept_directory(office.directories.back()).ok());
  trust.pin_participant(sara.key(), circle, crypto::Hash{1});
  ASSERT_TRUE(trust.accept_manifest(office.manifests[circle].front(), {}).ok());
  ASSERT_TRUE(trust
                  .accept_shadow_mark(
                      protocol::sign_shadow_mark({sara.key(), sara.devices[1].id, 1}, sara.account))
                  .ok());
  phone.step();
  phone.events.clear();
}

std::unique_ptr<Phone> Town::decoy_phone() {
  auto out = std::make_unique<Phone>(office, 15);
  give_identity(sara, 1, *out, true, true);
  for (const auto& [key, value] : decoy_disk) out->disk.insert_or_assign(key, value.copy());
  out->now = sara_phone.now;
  out->boot();
  return out;
}

void Town::connect_all() {
  for (Phone* phone : phones()) phone->connect();
  settle();
}

void Town::settle() {
  for (int round = 0; round < 10000; ++round) {
    bool worked = false;
    for (Phone* phone : phones())
      for (int i = 0; i < 20 && phone->work(); ++i) worked = true;
    if (!worked) return;
  }
  FAIL() << "the town does not come to rest";
}

void Town::pass(Duration time) {
  office.now += time;
  for (Phone* phone : phones()) phone->now += time;
  settle();
}

void Town::learn_manifest(Phone& phone) {
  phone.context().now = phone.now;
  phone.trust().fetch_circle(circle, [](client::Status s) { EXPECT_TRUE(s.ok()); });
  phone.step();
  settle();
}

std::set<std::string> Town::sids(const Phone& phone, const Phone& other) {
  std::set<std::string> out;
  const auto it = phone.disk.find("session/" + other.device().hex());
  if (it == phone.disk.end()) return out;
  auto sessions = crypto::SessionSet::unpickle(it->second.expose());
  for (const crypto::Session& s : sessions->all()) out.insert(hex(s.sid()));
  return out;
}

std::string Town::sending_sid(const Phone& phone, const Phone& other) {
  const auto it = phone.disk.find("session/" + other.device().hex());
  if (it == phone.disk.end()) return {};
  auto sessions = crypto::SessionSet::unpickle(it->second.expose());
  const crypto::Session* sending = sessions->sending();
  return sending == nullptr ? "" : hex(sending->sid());
}

crypto::Outgoing Town::by(Role from, Role to, crypto::Kind kind) const {
  return {kind, circle, manifest_.seq, crypto::sha256(office.manifests.at(circle).back()),
          from, to,     false};
}

std::vector<std::string> Town::speak(Phone& from, const Phone& to, const crypto::Outgoing& what,
                                     const std::vector<std::string>& texts) {
  from.disconnect();
  client::SessionStore sessions(from.store());
  EXPECT_TRUE(sessions.load().ok());
  client::Peer& peer = *sessions.find(to.device());
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    const client::Plain plain{MessageId{random.array<16>()}, from.now, 0, view(text)};
    out.push_back(
        to_string(*peer.sessions.sending()->encrypt(what, client::encode(plain).expose(), random)));
  }
  sessions.save(peer);
  from.step();
  from.boot();
  from.connect();
  return out;
}

std::string Town::forge(const Resident& from, std::size_t device, const Phone& to,
                        crypto::Outgoing what, ByteView plain, bool one_time) {
  const Resident::Keys& keys = from.devices[device];
  auto& prekeys = office.prekeys[to.device()];
  const auto* list = &to.self();
  const protocol::Device entry{list->device, list->device_key.public_key(), list->ik.public_key()};
  const auto spk = protocol::verify_prekey(view(prekeys.spk), entry);
  crypto::Bundle bundle{to.self().party(), {(*spk)->id, (*spk)->key}, std::nullopt};
  if (one_time) {
    bundle.opk = {prekeys.one_time.front().id,
                  *crypto::parse_dh_key(view(prekeys.one_time.front().key))};
    prekeys.one_time.pop_front();
  }
  const crypto::Party us{from.key(), keys.id, keys.sig.public_key(), keys.ik.public_key()};
  auto initiated = crypto::initiate(us, keys.ik, bundle, 1, from.record, random);
  auto session = crypto::Session::start(us, bundle.party, std::move(initiated).value(), 1,
                                        bundle.spk.key, to.now, random);
  return to_string(*session->encrypt(what, plain, random));
}

}  // namespace livlina::testing
