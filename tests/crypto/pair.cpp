#include "tests/crypto/pair.hpp"

namespace livlina::testing {

using namespace livlina::crypto;

namespace {
DeviceId device_id(const Device& d) {
  const Hash h = sha256({view(std::string_view("livlina/1/devid")), d.sig.public_key().view(),
                         d.ik.public_key().view()});
  return *DeviceId::from(ByteView(h).first(16));
}

Session first_answer(const Device& bo, const Device& alice, Session& a, Random& random) {
  const Bytes frame = a.encrypt(by_participant(), view(std::string_view("first")), random).value();
  Session b = answer(bo, alice, frame).value();
  (void)read(b, frame, roles_of(by_participant()), random).value();
  return b;
}
}  // namespace

Device::Device(Random& random)
    : account(SignKeyPair::generate(random)),
      sig(SignKeyPair::generate(random)),
      ik(DhKeyPair::generate(random)),
      spk(DhKeyPair::generate(random)),
      opk(DhKeyPair::generate(random)) {}

Party Device::party() const {
  return {account.public_key(), device_id(*this), sig.public_key(), ik.public_key()};
}

Bundle Device::bundle(bool with_opk) const {
  std::optional<PublicPrekey> one_time;
  if (with_opk) one_time = PublicPrekey{opk_id, opk.public_key()};
  return {party(), {spk_id, spk.public_key()}, one_time};
}

Session begin(const Device& us, const Device& them, std::uint32_t gen, Random& random,
              bool with_opk, Instant now) {
  const Bytes device_list(300, 0x5a);
  auto initiated =
      initiate(us.party(), us.ik, them.bundle(with_opk), gen, device_list, random).value();
  return Session::start(us.party(), them.party(), std::move(initiated), gen, them.spk.public_key(),
                        now, random)
      .value();
}

Result<Session> answer(const Device& us, const Device& them, ByteView frame, Instant now) {
  LIVLINA_TRY(parts, parse_frame(frame));
  LIVLINA_TRY(init, read_init(parts.init, us.ik, us.party().device));
  const DhKeyPair* opk = init.opk_id ? &us.opk : nullptr;
  LIVLINA_TRY(agreement, respond(us.party(), us.ik, us.spk, opk, them.party(), init));
  return Session::accept(us.party(), them.party(), std::move(agreement), init.gen, us.spk, now);
}

Outgoing by_participant(Kind kind) {
  Outgoing out;
  out.kind = kind;
  out.circle.bytes[0] = 0xc1;
  out.manifest_version = 3;
  out.manifest_hash[0] = 0x3a;
  out.role_from = Role::participant;
  out.role_to = Role::mentor;
  return out;
}

Outgoing to_participant(Kind kind) {
  Outgoing out = by_participant(kind);
  out.role_from = Role::mentor;
  out.role_to = Role::participant;
  return out;
}

Roles roles_of(const Outgoing& what) { return {what.role_from, what.role_to}; }

Result<std::string> read(Session& session, ByteView frame, Roles roles, Random& random,
                         Instant now) {
  LIVLINA_TRY(parts, parse_frame(frame));
  LIVLINA_TRY(plain, session.decrypt(parts, roles, now, random));
  return to_string(plain.expose());
}

Pair::Pair(std::uint64_t seed, bool with_opk)
    : random(seed),
      alice(random),
      bo(random),
      a(begin(alice, bo, 1, random, with_opk)),
      b(first_answer(bo, alice, a, random)) {}

Bytes Pair::from_a(std::string_view text, Kind kind) {
  return a.encrypt(by_participant(kind), view(text), random).value();
}
Bytes Pair::from_b(std::string_view text, Kind kind) {
  return b.encrypt(to_participant(kind), view(text), random).value();
}
Result<std::string> Pair::at_a(ByteView frame, Instant now) {
  return read(a, frame, roles_of(to_participant()), random, now);
}
Result<std::string> Pair::at_b(ByteView frame, Instant now) {
  return read(b, frame, roles_of(by_participant()), random, now);
}

std::string shown(const Result<std::string>& result) {
  return result.ok() ? *result : "[" + std::string(name(result.error())) + "]";
}

}  // namespace livlina::testing
