#include "tests/clients/post_office.hpp"

#include <algorithm>

#include "protocol/records/device_list.hpp"
#include "protocol/records/login.hpp"
#include "protocol/records/manifest.hpp"

namespace livlina::testing {

namespace {

void give(google::protobuf::RepeatedPtrField<std::string>& out, const std::vector<Bytes>& chain,
          std::uint32_t from) {
  if (from == 0) {
    if (!chain.empty()) out.Add(to_string(chain.back()));
    return;
  }
  for (std::size_t i = from - 1; i < chain.size(); ++i) out.Add(to_string(chain[i]));
}

void fail(v1::ServerFrame& out, v1::ErrorCode code) { out.mutable_error()->set_code(code); }

}  // namespace

PostOffice::PostOffice()
    : key_(crypto::SignKeyPair::generate(random_)), nonce_(to_string(random_.array<32>())) {}

v1::ServerFrame PostOffice::challenge() const {
  v1::ServerFrame out;
  out.set_version(1);
  v1::Challenge& c = *out.mutable_challenge();
  c.set_server_pk(to_string(key().view()));
  c.set_nonce(nonce_);
  c.set_time(now);
  c.set_epoch(epoch);
  c.set_server_name("test");
  c.set_wire_version(1);
  return out;
}

std::optional<v1::ServerFrame> PostOffice::answer(const DeviceId& from, bool shadow,
                                                  const v1::Request& request) {
  v1::ServerFrame out;
  out.set_id(request.id());
  out.set_version(1);
  if (refuse)
    if (const auto code = refuse(request)) return fail(out, *code), out;
  switch (request.op_case()) {
    case v1::Request::kLogin:
      login(request, out);
      out.mutable_welcome()->set_one_time_keys_left(shadow ? 0 : stock(from));
      break;
    case v1::Request::kGetDeviceLists: {
      ++list_requests;
      if (silent_lists) return std::nullopt;
      const auto it = lists.find(request.get_device_lists().account());
      if (it == lists.end()) return fail(out, v1::FORBIDDEN), out;
      give(*out.mutable_device_lists()->mutable_records(), it->second,
           request.get_device_lists().from_version());
      break;
    }
    case v1::Request::kPutPrekeys: {
      Prekeys& mine = prekeys[from];
      if (!request.put_prekeys().spk_record().empty())
        mine.spk = request.put_prekeys().spk_record();
      for (const v1::OneTimeKey& k : request.put_prekeys().one_time())
        mine.one_time.push_back({k.id(), k.key()});
      out.mutable_prekey_stock()->set_one_time_keys_left(stock(from));
      break;
    }
    case v1::Request::kGetPrekeys:
      ++prekey_requests;
      bundles(request.get_prekeys(), out);
      break;
    case v1::Request::kGetDesk:
      give(*out.mutable_desk()->mutable_rosters(), rosters, request.get_desk().roster_from());
      give(*out.mutable_desk()->mutable_directories(), directories,
           request.get_desk().directory_from());
      break;
    case v1::Request::kGetCircle: {
      const auto id = CircleId::from(request.get_circle().circle_id());
      const auto it = id ? manifests.find(*id) : manifests.end();
      if (it == manifests.end()) return fail(out, v1::FORBIDDEN), out;
      out.mutable_circle()->set_circle_id(request.get_circle().circle_id());
      give(*out.mutable_circle()->mutable_manifests(), it->second,
           request.get_circle().manifest_from());
      break;
    }
    case v1::Request::kListCircles:
      (void)out.mutable_circle_heads();
      for (const auto& [id, chain] : manifests) {
        const auto newest = protocol::verify_manifest(chain.back());
        v1::CircleHead& head = *out.mutable_circle_heads()->add_circles();
        head.set_circle_id(to_string(id.view()));
        head.set_participant(to_string((*newest)->participant.view()));
        head.set_manifest_seq((*newest)->seq);
      }
      break;
    case v1::Request::kPostMessage:
      post(request.post_message(), out);
      break;
    case v1::Request::kAckDeliveries: {
      (void)out.mutable_done();
      if (shadow) break;
      auto& rows = mailboxes[from];
      for (const std::uint64_t seq : request.ack_deliveries().seqs())
        rows.erase(
            std::remove_if(rows.begin(), rows.end(), [seq](const Row& r) { return r.seq == seq; }),
            rows.end());
      break;
    }
    default:
      fail(out, v1::FORBIDDEN);
  }
  return out;
}

void PostOffice::login(const v1::Request& request, v1::ServerFrame& out) {
  protocol::HelloTranscript hello;
  ByteReader ours(view(nonce_));
  ByteReader theirs(view(request.login().client_nonce()));
  hello.server_nonce = ours.array<32>();
  hello.client_nonce = theirs.array<32>();
  hello.time = now;
  v1::Welcome& w = *out.mutable_welcome();
  w.set_signature(to_string(protocol::sign_hello(hello, key_)));
  w.set_time(now);
  w.set_audit_hash(std::string(32, '\0'));
}

void PostOffice::post(const v1::PostMessage& message, v1::ServerFrame& out) {
  ++posts;
  posted.push_back(message.SerializeAsString());
  for (const v1::Envelope& e : message.envelopes())
    if (unknown.count(*DeviceId::from(e.device_id())) != 0) return fail(out, v1::UNKNOWN_DEVICE);
  for (const v1::Envelope& e : message.envelopes())
    if (accepted_.emplace(e.device_id(), message.message_id()).second)
      put(*DeviceId::from(e.device_id()), e.frame());
  out.mutable_stored()->set_received_at(now);
}

void PostOffice::bundles(const v1::GetPrekeys& wanted, v1::ServerFrame& out) {
  for (const std::string& raw : wanted.device_ids())
    if (prekeys.count(*DeviceId::from(raw)) == 0) return fail(out, v1::UNKNOWN_DEVICE);
  (void)out.mutable_prekey_bundles();
  for (const std::string& raw : wanted.device_ids()) {
    const auto it = prekeys.find(*DeviceId::from(raw));
    v1::PrekeyBundle& bundle = *out.mutable_prekey_bundles()->add_bundles();
    bundle.set_device_id(raw);
    bundle.set_spk_record(it->second.spk);
    if (!hands_out_one_time_keys || it->second.one_time.empty()) continue;
    bundle.mutable_one_time()->set_id(it->second.one_time.front().id);
    bundle.mutable_one_time()->set_key(it->second.one_time.front().key);
    it->second.one_time.pop_front();
  }
}

std::uint32_t PostOffice::stock(const DeviceId& device) const {
  const auto it = prekeys.find(device);
  return it == prekeys.end() ? 0 : static_cast<std::uint32_t>(it->second.one_time.size());
}

}  // namespace livlina::testing
