#include "protocol/records/device_list.hpp"

#include <algorithm>

#include "protocol/records/reread.hpp"
#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr std::string_view list_purpose = "devlist";
constexpr std::string_view prekey_purpose = "spk";
constexpr std::string_view shadow_purpose = "shadow";
constexpr std::size_t max_suites = 8;
constexpr std::size_t max_list = 1 + 32 + 4 + 32 + 8 + 1 + 2 * max_suites + 32 + 1 +
                                 max_devices * (16 + 32 + 32) + signature_size;
constexpr std::size_t prekey_size = 1 + 16 + 4 + 32 + 8 + signature_size;
constexpr std::size_t shadow_size = 1 + 32 + 16 + 4 + signature_size;

// Rising and above 0. A number that this code does not know is allowed: the list offers, X3DH
// chooses.
Result<std::vector<std::uint16_t>> read_suites(ByteReader& r) {
  const std::size_t n = r.u8();
  if (n > max_suites) return Error::too_large;
  if (n == 0) return Error::bad_format;
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint16_t suite = r.u16();
    if (suite <= (out.empty() ? 0 : out.back())) return Error::bad_format;
    out.push_back(suite);
  }
  return out;
}

Result<std::vector<Device>> read_devices(RecordReader& r) {
  const std::size_t n = r.u8();
  if (n > max_devices) return Error::too_large;
  if (n == 0) return Error::bad_format;
  std::vector<Device> out;
  for (std::size_t i = 0; i < n; ++i) {
    const auto id = read_id<DeviceId>(r);
    LIVLINA_TRY(sig, read_sign_key(r));
    LIVLINA_TRY(ik, read_dh_key(r));
    if (id != device_id(sig, ik)) return Error::bad_id;
    out.push_back(Device{id, sig, ik});
  }
  // Doubled keys would let one device speak as two.
  if (has_double(out, [](const Device& d) { return d.sig; }) ||
      has_double(out, [](const Device& d) { return d.ik; }))
    return Error::bad_id;
  return out;
}

Result<DeviceList> parse_list(const crypto::SignPublic& account, RecordReader& r) {
  const std::uint32_t version = r.u32();
  const auto prev = r.array<32>();
  const Instant issued_at = r.i64();
  LIVLINA_TRY(suites, read_suites(r));
  LIVLINA_TRY(env, read_dh_key(r));
  LIVLINA_TRY(devices, read_devices(r));
  LIVLINA_CHECK(check_chain_start(version, prev));
  if (!sane_date(issued_at)) return Error::bad_dates;
  return DeviceList{account, version, prev, issued_at, std::move(suites), env, std::move(devices)};
}

}  // namespace

DeviceId device_id(const crypto::SignPublic& sig, const crypto::DhPublic& ik) {
  const crypto::Hash h =
      crypto::sha256({view(std::string_view("livlina/1/devid")), sig.view(), ik.view()});
  DeviceId out;
  std::copy_n(h.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

const Device* DeviceList::find(const DeviceId& id) const {
  const auto it =
      std::find_if(devices.begin(), devices.end(), [&](const Device& d) { return d.id == id; });
  return it == devices.end() ? nullptr : &*it;
}

Bytes sign_device_list(const DeviceList& list, const crypto::SignKeyPair& account) {
  ByteWriter w(max_list);
  w.u8(record_version).bytes(list.account.view()).u32(list.version).bytes(list.prev);
  w.i64(list.issued_at).u8(static_cast<std::uint8_t>(list.suites.size()));
  for (const std::uint16_t suite : list.suites) w.u16(suite);
  w.bytes(list.env.view()).u8(static_cast<std::uint8_t>(list.devices.size()));
  for (const Device& d : list.devices) w.bytes(d.id.view()).bytes(d.sig.view()).bytes(d.ik.view());
  return Verifier::sign(std::move(w), list_purpose, account);
}

Result<Verified<DeviceList>> verify_device_list(ByteView record) {
  return Verifier::open_self_signed<DeviceList>(record, max_list, list_purpose, parse_list);
}

Result<Verified<DeviceList>> reread_device_list(const Kept& kept) {
  return Verifier::reread_self_signed<DeviceList>(kept, max_list, parse_list);
}

Status check_successor(const Verified<DeviceList>& known, const Verified<DeviceList>& next) {
  return check_link(known->account == next->account, known->version, known.hash(), next->version,
                    next->prev, next.hash());
}

Bytes sign_prekey(const SignedPrekey& spk, const crypto::SignKeyPair& device) {
  ByteWriter w(prekey_size);
  w.u8(record_version).bytes(spk.device.view()).u32(spk.id).bytes(spk.key.view());
  w.i64(spk.issued_at);
  return Verifier::sign(std::move(w), prekey_purpose, device);
}

Result<Verified<SignedPrekey>> verify_prekey(ByteView record, const Device& device) {
  return Verifier::open<SignedPrekey>(record, prekey_size, prekey_purpose, device.sig,
                                      [&](ByteReader& r) -> Result<SignedPrekey> {
                                        const auto id = read_id<DeviceId>(r);
                                        const std::uint32_t spk_id = r.u32();
                                        LIVLINA_TRY(key, read_dh_key(r));
                                        const Instant issued_at = r.i64();
                                        if (id != device.id) return Error::bad_id;
                                        if (!sane_date(issued_at)) return Error::bad_dates;
                                        return SignedPrekey{id, spk_id, key, issued_at};
                                      });
}

Bytes sign_shadow_mark(const ShadowMark& mark, const crypto::SignKeyPair& account) {
  ByteWriter w(shadow_size);
  w.u8(record_version).bytes(mark.account.view()).bytes(mark.device.view()).u32(mark.serial);
  return Verifier::sign(std::move(w), shadow_purpose, account);
}

Result<Verified<ShadowMark>> verify_shadow_mark(ByteView record) {
  return Verifier::open_self_signed<ShadowMark>(
      record, shadow_size, shadow_purpose,
      [](const crypto::SignPublic& account, ByteReader& r) -> Result<ShadowMark> {
        const auto device = read_id<DeviceId>(r);
        const std::uint32_t serial = r.u32();
        if (serial == 0) return Error::bad_format;
        return ShadowMark{account, device, serial};
      });
}

}  // namespace livlina::protocol
