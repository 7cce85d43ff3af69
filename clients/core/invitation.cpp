#include "clients/core/invitation.hpp"

#include "clients/core/prekey_requests.hpp"
#include "protocol/records/login.hpp"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t max_list = 1024;
constexpr std::size_t max_record = 512;
constexpr std::size_t max_host = 255;
// Room for the seal and a little more below what the server takes.
constexpr std::size_t max_plain = max_sealed_invite - 128;

bool language_known(std::uint8_t v) { return v == 1 || v == 2; }

}  // namespace

Bytes encode(const Invitation& i) {
  ByteWriter w;
  w.u8(version).bytes(i.account.view()).sized(i.device_list).u8(static_cast<std::uint8_t>(i.role));
  w.sized(view(i.organisation)).bytes(i.circle.view()).bytes(i.desk.view());
  w.sized(view(i.desk_name)).sized(view(i.host)).bytes(i.server_pk).i64(i.expires_at);
  w.u8(static_cast<std::uint8_t>(i.language)).sized(view(i.name));
  ByteWriter staff;
  std::uint16_t count = 0;
  for (const StaffDetail& s : i.staff) {
    ByteWriter one;
    one.bytes(s.account.view()).u8(static_cast<std::uint8_t>(s.role));
    write(one, s.detail);
    if (w.size() + 2 + staff.size() + one.size() > max_plain) break;
    staff.bytes(one.get());
    ++count;
  }
  return w.u16(count).bytes(staff.get()).take();
}

crypto::Result<Invitation> parse_invitation(ByteView bytes) {
  ByteReader r(bytes);
  const std::uint8_t v = r.u8();
  if (r.ok() && v != version) return crypto::Error::bad_version;
  const auto account = crypto::parse_sign_key(r.view(32));
  Bytes list = to_bytes(r.sized(max_list));
  const std::uint8_t role = r.u8();
  std::string organisation = to_string(r.sized(max_name));
  const CircleId circle{r.array<16>()};
  const auto desk = crypto::parse_sign_key(r.view(32));
  std::string desk_name = to_string(r.sized(max_name));
  std::string host = to_string(r.sized(max_host));
  const auto server_pk = r.array<32>();
  const Instant expires_at = r.i64();
  const std::uint8_t language = r.u8();
  std::string name = to_string(r.sized(max_name));
  const std::size_t count = r.u16();
  if (!r.ok() || !account.ok() || !desk.ok() || !role_known(role) || !language_known(language))
    return crypto::Error::bad_format;
  std::vector<StaffDetail> staff;
  for (std::size_t k = 0; k < count && r.ok(); ++k) {
    const auto who = crypto::parse_sign_key(r.view(32));
    const std::uint8_t their_role = r.u8();
    Detail detail = read_detail(r);
    if (!who.ok() || !role_known(their_role)) return crypto::Error::bad_format;
    staff.push_back({*who, static_cast<Role>(their_role), std::move(detail)});
  }
  if (!r.done()) return crypto::Error::bad_format;
  return Invitation{*account,
                    std::move(list),
                    static_cast<Role>(role),
                    std::move(organisation),
                    circle,
                    *desk,
                    std::move(desk_name),
                    std::move(host),
                    server_pk,
                    expires_at,
                    static_cast<crypto::Language>(language),
                    std::move(name),
                    std::move(staff)};
}

Bytes encode(const Acceptance& a) {
  ByteWriter w;
  w.u8(version).bytes(a.account.view()).sized(a.device_list).sized(a.spk).sized(a.shadow_mark);
  w.sized(view(a.name)).sized(view(a.organisation)).sized(a.signature);
  return w.take();
}

crypto::Result<Acceptance> parse_acceptance(ByteView bytes) {
  ByteReader r(bytes);
  const std::uint8_t v = r.u8();
  if (r.ok() && v != version) return crypto::Error::bad_version;
  const auto account = crypto::parse_sign_key(r.view(32));
  if (!account.ok()) return crypto::Error::bad_format;
  Acceptance out{*account,
                 to_bytes(r.sized(max_list)),
                 to_bytes(r.sized(max_record)),
                 to_bytes(r.sized(max_record)),
                 to_string(r.sized(max_name)),
                 to_string(r.sized(max_name)),
                 to_bytes(r.sized(64))};
  if (!r.done()) return crypto::Error::bad_format;
  return out;
}

crypto::Result<Joiner> verify_acceptance(ByteView plain, crypto::InvitePurpose purpose, Role role,
                                         ByteView sealed_i) {
  LIVLINA_TRY(a, parse_acceptance(plain));
  const auto list = protocol::verify_device_list(a.device_list);
  if (!list.ok()) return crypto::Error::bad_signature;
  const protocol::DeviceList& devices = **list;
  const bool participant = purpose == crypto::InvitePurpose::participant;
  if (devices.account != a.account || devices.version != 1 || !speaks_our_suite(devices) ||
      devices.devices.size() != (participant ? 2u : 1u) || a.shadow_mark.empty() == participant ||
      (role == Role::participant) != participant)
    return crypto::Error::bad_format;
  if (!protocol::verify_join(crypto::sha256(sealed_i), role, a.account, a.signature).ok())
    return crypto::Error::bad_signature;
  const protocol::Device* primary = &devices.devices.front();
  if (participant) {
    const auto mark = protocol::verify_shadow_mark(a.shadow_mark);
    if (!mark.ok()) return crypto::Error::bad_signature;
    if ((*mark)->account != a.account || (*mark)->serial != 1 ||
        devices.find((*mark)->device) == nullptr)
      return crypto::Error::bad_format;
    if (primary->id == (*mark)->device) primary = &devices.devices.back();
  }
  if (!protocol::verify_prekey(a.spk, *primary).ok()) return crypto::Error::bad_signature;
  return Joiner{a.account,         std::move(a.device_list), primary->id, std::move(a.shadow_mark),
                std::move(a.name), std::move(a.organisation)};
}

std::string safety_text(crypto::Language language, const crypto::Hash& tx) {
  std::string out;
  for (const std::string& word : crypto::safety_words(language, tx))
    out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace livlina::client
