#include "crypto/e2ee/x3dh.hpp"

#include "crypto/core/padding.hpp"
#include "crypto/e2ee/limits.hpp"
#include "crypto/e2ee/seal.hpp"

namespace livlina::crypto {

namespace {

constexpr ByteArray<32> zeros{};

// Everything public that both sides must agree on. a is the initiator, b the responder.
struct Transcript {
  std::uint32_t gen;
  const Party& a;
  const Party& b;
  PublicPrekey spk;
  std::optional<PublicPrekey> opk;
  DhPublic ek;
};

void write_party(ByteWriter& w, const Party& p) {
  w.bytes(p.account.view()).bytes(p.device.view()).bytes(p.sig.view()).bytes(p.ik.view());
}

Hash hash_of(const Transcript& t) {
  ByteWriter w(350);
  w.u16(suite_1).u32(t.gen);
  write_party(w, t.a);
  write_party(w, t.b);
  w.u32(t.spk.id).bytes(t.spk.key.view());
  w.u8(t.opk ? 1 : 0).u32(t.opk ? t.opk->id : 0);
  w.bytes(t.opk ? t.opk->key.view() : ByteView(zeros));
  w.bytes(t.ek.view());
  w.u16(0);  // length of the post-quantum part, which suite 1 has not
  return sha256(w.get());
}

struct Shared {
  Secret<32> dh1;
  Secret<32> dh2;
  Secret<32> dh3;
  std::optional<Secret<32>> dh4;
};

Agreement derive(const Shared& s, const Transcript& t) {
  SecretBytes ikm(s.dh4 ? 160 : 128);
  std::uint8_t* at = ikm.data();
  std::memset(at, 0xff, 32);  // X3DH, 2.2: keeps the input apart from any encoded key
  for (const Secret<32>* part : {&s.dh1, &s.dh2, &s.dh3, s.dh4 ? &*s.dh4 : nullptr})
    if (part != nullptr) std::memcpy(at += 32, part->data(), 32);
  ByteWriter info(46);
  info.str("livlina/1/x3dh").bytes(hash_of(t));
  const Secret<128> out = hkdf<128>(zeros, ikm.expose(), info.get());
  Agreement a{Secret<32>(out.expose().first(32)),
              Secret<32>(out.expose().subspan(32, 32)),
              Secret<32>(out.expose().subspan(64, 32)),
              {}};
  std::memcpy(a.sid.data(), out.data() + 96, 32);  // public: it names the session in resets
  return a;
}

Secret<32> identity_key(const Secret<32>& dh2) {
  return hkdf<32>(zeros, dh2.expose(), view(std::string_view("livlina/1/init-id")));
}

// The part of an init that stands in clear: suite | EK | spk_id | opk_flag | opk_id.
constexpr std::size_t clear_size = 2 + 32 + 4 + 1 + 4;
static_assert(clear_size + init_identity_size + seal_overhead == init_size);

Bytes identity_ad(ByteView clear, const DeviceId& responder) {
  ByteWriter w(clear_size + 16);
  w.bytes(clear).bytes(responder.view());
  return w.take();
}

}  // namespace

Result<Initiated> initiate(const Party& us, const DhKeyPair& our_ik, const Bundle& them,
                           std::uint32_t gen, ByteView device_list, Random& random) {
  if (gen == 0) return Error::bad_format;
  if (device_list.size() > max_device_list) return Error::too_large;
  const DhKeyPair ek = DhKeyPair::generate(random);
  LIVLINA_TRY(dh1, dh(our_ik, them.spk.key));
  LIVLINA_TRY(dh2, dh(ek, them.party.ik));
  LIVLINA_TRY(dh3, dh(ek, them.spk.key));
  Shared shared{std::move(dh1), std::move(dh2), std::move(dh3), std::nullopt};
  if (them.opk) {
    LIVLINA_TRY(dh4, dh(ek, them.opk->key));
    shared.dh4 = std::move(dh4);
  }

  ByteWriter init(init_size);
  init.u16(suite_1).bytes(ek.public_key().view()).u32(them.spk.id);
  init.u8(them.opk ? 1 : 0).u32(them.opk ? them.opk->id : 0);
  ByteWriter identity(init_identity_size);
  identity.u32(gen).bytes(us.account.view()).sized(device_list).bytes(us.device.view());
  LIVLINA_TRY(padded, pad_to(identity.get(), init_identity_size));
  init.bytes(seal(identity_key(shared.dh2), SealPurpose::init_id,
                  identity_ad(init.get(), them.party.device), padded.expose(), random));

  const Transcript t{gen, us, them.party, them.spk, them.opk, ek.public_key()};
  return Initiated{derive(shared, t), init.take()};
}

Result<InitContents> read_init(ByteView init, const DhKeyPair& our_ik, const DeviceId& our_device) {
  if (init.size() != init_size) return Error::bad_length;
  ByteReader r(init);
  if (r.u16() != suite_1) return Error::bad_suite;
  LIVLINA_TRY(ek, parse_dh_key(r.view(32)));
  const std::uint32_t spk_id = r.u32();
  const std::uint8_t opk_flag = r.u8();
  const std::uint32_t opk_id = r.u32();
  // One encoding for one meaning: the transcript is made from the parsed values.
  if (opk_flag > 1 || (opk_flag == 0 && opk_id != 0)) return Error::bad_format;

  LIVLINA_TRY(dh2, dh(our_ik, ek));
  const Bytes ad = identity_ad(init.first(clear_size), our_device);
  LIVLINA_TRY(padded, open(identity_key(dh2), SealPurpose::init_id, ad, init.subspan(clear_size)));
  LIVLINA_TRY(plain, unpad(std::move(padded)));

  ByteReader identity(plain.expose());
  const std::uint32_t gen = identity.u32();
  const ByteView account = identity.view(32);
  const ByteView device_list = identity.sized(max_device_list);
  const auto device = DeviceId::from(identity.view(16));
  if (!identity.done() || !device || gen == 0) return Error::bad_format;
  LIVLINA_TRY(account_key, parse_sign_key(account));
  return InitContents{gen,
                      account_key,
                      to_bytes(device_list),
                      *device,
                      ek,
                      spk_id,
                      opk_flag == 1 ? std::optional(opk_id) : std::nullopt};
}

Result<Agreement> respond(const Party& us, const DhKeyPair& our_ik, const DhKeyPair& our_spk,
                          const DhKeyPair* our_opk, const Party& them, const InitContents& init) {
  // The party that was verified must be the one that the init part named.
  if (them.account != init.account || them.device != init.device) return Error::bad_format;
  if (init.opk_id.has_value() != (our_opk != nullptr)) return Error::bad_format;
  LIVLINA_TRY(dh1, dh(our_spk, them.ik));
  LIVLINA_TRY(dh2, dh(our_ik, init.ek));
  LIVLINA_TRY(dh3, dh(our_spk, init.ek));
  Shared shared{std::move(dh1), std::move(dh2), std::move(dh3), std::nullopt};
  std::optional<PublicPrekey> opk;
  if (our_opk != nullptr) {
    LIVLINA_TRY(dh4, dh(*our_opk, init.ek));
    shared.dh4 = std::move(dh4);
    opk = PublicPrekey{*init.opk_id, our_opk->public_key()};
  }
  const Transcript t{init.gen, them, us, {init.spk_id, our_spk.public_key()}, opk, init.ek};
  return derive(shared, t);
}

Hash init_fingerprint(const InitContents& init) {
  ByteWriter w(36);
  w.bytes(init.ek.view()).u32(init.spk_id);
  return sha256(w.get());
}

}  // namespace livlina::crypto
