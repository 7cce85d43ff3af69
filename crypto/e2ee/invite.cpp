#include "crypto/e2ee/invite.hpp"

#include <algorithm>

#include "crypto/e2ee/seal.hpp"

namespace livlina::crypto {

namespace {

constexpr std::string_view pair_tag = "livlina/1/pair";
constexpr ByteArray<32> no_salt{};
constexpr std::uint8_t code_version = 1;

std::uint8_t number(InvitePurpose purpose) { return static_cast<std::uint8_t>(purpose); }

// P || invite_id, and for J also the hash of the sealed I that it answers.
Bytes inviter_ad(InvitePurpose purpose, const InviteId& id) {
  ByteWriter w(17);
  w.u8(number(purpose)).bytes(id.view());
  return w.take();
}
Bytes joiner_ad(InvitePurpose purpose, const InviteId& id, ByteView sealed_i) {
  ByteWriter w(49);
  w.u8(number(purpose)).bytes(id.view()).bytes(sha256(sealed_i));
  return w.take();
}

// "host:port" in visible ASCII; what the name means is the caller's business.
bool plausible_host(std::string_view host) {
  return host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

InviteKeys invite_keys(InvitePurpose purpose, const Secret<16>& s) {
  ByteWriter info;
  info.str("livlina/1/invite").u8(number(purpose));
  const Secret<80> okm = hkdf<80>(no_salt, s.expose(), info.get());
  InviteKeys out;
  std::copy_n(okm.data(), 16, out.invite_id.bytes.begin());
  out.auth = Secret<32>(okm.expose().subspan(16, 32));
  out.key = Secret<32>(okm.expose().subspan(48, 32));
  return out;
}

Bytes seal_inviter(InvitePurpose purpose, const InviteKeys& keys, ByteView plain, Random& random) {
  return seal(keys.key, SealPurpose::invite_inviter, inviter_ad(purpose, keys.invite_id), plain,
              random);
}

Result<SecretBytes> open_inviter(InvitePurpose purpose, const InviteKeys& keys, ByteView sealed_i) {
  return open(keys.key, SealPurpose::invite_inviter, inviter_ad(purpose, keys.invite_id), sealed_i);
}

Bytes seal_joiner(InvitePurpose purpose, const InviteKeys& keys, ByteView sealed_i, ByteView plain,
                  Random& random) {
  return seal(keys.key, SealPurpose::invite_joiner, joiner_ad(purpose, keys.invite_id, sealed_i),
              plain, random);
}

Result<SecretBytes> open_joiner(InvitePurpose purpose, const InviteKeys& keys, ByteView sealed_i,
                                ByteView sealed_j) {
  return open(keys.key, SealPurpose::invite_joiner, joiner_ad(purpose, keys.invite_id, sealed_i),
              sealed_j);
}

Hash pairing_transcript(InvitePurpose purpose, const InviteId& id, ByteView sealed_i,
                        ByteView sealed_j) {
  const std::uint8_t p = number(purpose);
  return sha256({view(pair_tag), ByteView(&p, 1), id.view(), sha256(sealed_i), sha256(sealed_j)});
}

Bytes encode(const InviteCode& code) {
  if (code.host.size() > 255 || !plausible_host(code.host)) return {};
  ByteWriter w(3 + code.host.size() + 80);
  w.u8(code_version).u8(number(code.purpose)).u8(static_cast<std::uint8_t>(code.host.size()));
  w.str(code.host).bytes(code.server_pk).bytes(code.desk_fingerprint).bytes(code.s.expose());
  return w.take();
}

Result<InviteCode> parse_invite_code(ByteView bytes) {
  ByteReader r(bytes);
  const std::uint8_t version = r.u8();
  if (r.ok() && version != code_version) return Error::bad_version;
  const std::uint8_t purpose = r.u8();
  const std::size_t host_length = r.u8();
  InviteCode out;
  out.host = to_string(r.view(host_length));
  out.server_pk = r.array<32>();
  out.desk_fingerprint = r.array<32>();
  out.s = Secret<16>(r.view(16));
  if (!r.done() || purpose < number(InvitePurpose::staff) ||
      purpose > number(InvitePurpose::recovery) || !plausible_host(out.host))
    return Error::bad_format;
  out.purpose = static_cast<InvitePurpose>(purpose);
  return out;
}

}  // namespace livlina::crypto
