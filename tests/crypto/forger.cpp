#include "tests/crypto/forger.hpp"

#include "crypto/e2ee/seal.hpp"

namespace livlina::testing {

using namespace livlina::crypto;

namespace {
Secret<32> first_chain(const Secret<32>& sk, const DhKeyPair& ours, const DhPublic& spk) {
  const Secret<32> shared = dh(ours, spk).value();
  const Secret<96> out =
      hkdf<96>(sk.expose(), shared.expose(), view(std::string_view("livlina/1/root")));
  return Secret<32>(out.expose().subspan(32, 32));
}
}  // namespace

Forger::Forger(const Device& us, const Device& them, Random& random)
    : us_(us.party()),
      them_(them.party()),
      random_(random),
      initiated_(initiate(us_, us.ik, them.bundle(true), 1, Bytes(10, 1), random).value()),
      ratchet_(DhKeyPair::generate(random)),
      chain_(first_chain(initiated_.agreement.sk, ratchet_, them.spk.public_key())) {}

Bytes Forger::frame(const Forgery& f) {
  const ByteArray<1> one{1};
  const ByteArray<1> two{2};
  Secret<32> ck = chain_.copy();
  // A number that no receiver follows needs no true key.
  for (std::uint32_t i = 0; i < f.n && f.n <= 5000; ++i) ck = hmac(ck.expose(), {two});
  const Secret<32> mk = hmac(ck.expose(), {one});

  ByteWriter header;
  header.u8(f.header_version).bytes(f.dh ? *f.dh : ratchet_.public_key().bytes());
  header.u32(f.pn).u32(f.n).u8(f.kind).bytes(ByteArray<16>{0xc1}).u32(3);
  header.bytes(ByteArray<32>{0x3a}).u16(f.reserved);

  ByteWriter ad;
  ad.str("livlina/1/ad").u8(0).u16(1);
  ad.bytes(us_.account.view()).bytes(us_.device.view());
  ad.bytes(them_.account.view()).bytes(them_.device.view());
  ad.bytes(initiated_.agreement.sid).u8(f.dir).u8(f.queue);
  ByteWriter header_ad = ad;
  header_ad.bytes(sha256(initiated_.init));
  const Secret<32>& hk = initiated_.agreement.hka;
  const Bytes h = seal(hk, SealPurpose::header, header_ad.get(), header.get(), random_);

  ByteWriter body_ad = ad;
  body_ad.bytes(header.get()).u8(f.role_from).u8(f.role_to).bytes(sha256(h));
  ByteWriter padded;
  padded.str(f.text);
  if (!f.bad_padding) padded.u8(0x80);
  padded.zeros(f.padded_size - padded.size());
  const Bytes body = seal(mk, SealPurpose::body, body_ad.get(), padded.get(), random_);

  ByteWriter out;
  out.u8(1).u8(1).u8(f.queue).bytes(initiated_.init);
  const Secret<32> hint = hmac(hk.expose(), {view(std::string_view("livlina/1/hint"))});
  out.bytes(hint.expose().first(8)).bytes(h).bytes(body);
  return out.take();
}

}  // namespace livlina::testing
