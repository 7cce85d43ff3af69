// X3DH, suite 1: how a session starts while its receiver is offline (protocol/spec/e2ee.md, X3DH).
// The handshake gives the init part of the wire and the secrets; it knows nothing of ratchets.
#pragma once

#include <optional>

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/keys.hpp"
#include "crypto/e2ee/dh.hpp"

namespace livlina::crypto {

inline constexpr std::uint16_t suite_1 = 1;
inline constexpr std::size_t init_size = 1139;

// The public side of one device, as its verified DeviceList states it.
struct Party {
  SignPublic account;
  DeviceId device;
  SignPublic sig;
  DhPublic ik;
};

struct PublicPrekey {
  std::uint32_t id = 0;
  DhPublic key;
};

// What the initiator needs of the responder. The signature of the signed prekey and the responder's
// DeviceList were verified by the caller.
struct Bundle {
  Party party;
  PublicPrekey spk;
  std::optional<PublicPrekey> opk;
};

// Secrets of a finished agreement: root, both header keys, and the public session id.
struct Agreement {
  Secret<32> sk;
  Secret<32> hka;  // header key of the initiator's first sending chain
  Secret<32> hkb;  // next header key of the responder's
  ByteArray<32> sid;
};

struct Initiated {
  Agreement agreement;
  Bytes init;  // init_size bytes, repeated in every frame until a reply comes
};

// What the sealed init part says about its sender, before anything of it is believed.
struct InitContents {
  std::uint32_t gen = 0;
  SignPublic account;
  Bytes device_list;  // the sender's signed DeviceList, to be verified by the caller
  DeviceId device;
  DhPublic ek;
  std::uint32_t spk_id = 0;
  std::optional<std::uint32_t> opk_id;
};

// Initiator. `device_list` is our own signed DeviceList (at most 900 bytes, else too_large); `gen`
// counts from 1, else bad_format.
[[nodiscard]] Result<Initiated> initiate(const Party& us, const DhKeyPair& our_ik,
                                         const Bundle& them, std::uint32_t gen,
                                         ByteView device_list, Random& random);
// Reads an init part addressed to our device: bad_length, bad_suite, bad_public_key, cannot_open,
// or bad_format when an authentic one breaks its layout. Here DH2 = dh(our ik, EK_A) opens the
// identity.
[[nodiscard]] Result<InitContents> read_init(ByteView init, const DhKeyPair& our_ik,
                                             const DeviceId& our_device);
// Responder, once the caller has verified who `them` is. `our_opk` exactly when the init names one;
// otherwise, or when `them` is not whom the init names: bad_format.
[[nodiscard]] Result<Agreement> respond(const Party& us, const DhKeyPair& our_ik,
                                        const DhKeyPair& our_spk, const DhKeyPair* our_opk,
                                        const Party& them, const InitContents& init);

// SHA-256(EK_A || u32 spk_id): kept by the receiver of an init part without a one-time key for as
// long as that signed prekey lives, so that a repeated one is known.
[[nodiscard]] Hash init_fingerprint(const InitContents& init);

}  // namespace livlina::crypto
