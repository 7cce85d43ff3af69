#include "clients/core/prekey_requests.hpp"

#include <algorithm>
#include <utility>

#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_asked = 16;  // devices in one request
constexpr Duration retry_after = 10 * minute;

std::optional<crypto::PublicPrekey> one_time(const v1::PrekeyBundle& bundle, bool& bad) {
  if (!bundle.has_one_time()) return std::nullopt;
  const auto key = crypto::parse_dh_key(view(bundle.one_time().key()));
  bad = !key.ok();
  if (bad) return std::nullopt;
  return crypto::PublicPrekey{bundle.one_time().id(), *key};
}

}  // namespace

void PrekeyRequests::want(const SignPublic& account, const protocol::Device& device) {
  wanted_.emplace(device.id, Wanted{account, device});
}

void PrekeyRequests::send() {
  while (!wanted_.empty()) {
    std::vector<Wanted> batch;
    for (auto it = wanted_.begin(); it != wanted_.end() && batch.size() < most_asked;) {
      batch.push_back(it->second);
      it = wanted_.erase(it);
    }
    ask(std::move(batch));
  }
}

void PrekeyRequests::ask(std::vector<Wanted> batch) {
  v1::Request request;
  for (const Wanted& wanted : batch) {
    request.mutable_get_prekeys()->add_device_ids(to_string(wanted.device.id.view()));
    asked_.insert(wanted.device.id);
  }
  m_.context.requests.send(
      std::move(request),
      [this, batch = std::move(batch)](const v1::ServerFrame* reply) { answered(batch, reply); });
}

void PrekeyRequests::answered(const std::vector<Wanted>& batch, const v1::ServerFrame* reply) {
  const bool refused = reply != nullptr && reply->has_error() && batch.size() > 1;
  for (const Wanted& wanted : batch) {
    asked_.erase(wanted.device.id);
    bool begun = false;
    if (reply != nullptr && reply->has_prekey_bundles())
      for (const v1::PrekeyBundle& bundle : reply->prekey_bundles().bundles())
        begun = begun || (equal(view(bundle.device_id()), wanted.device.id.view()) &&
                          start_(wanted, bundle));
    if (!begun && !refused) failed_[wanted.device.id] = m_.context.now;
  }
  // One unknown device must not keep the others waiting: each is asked for alone.
  if (refused)
    for (const Wanted& wanted : batch) ask({wanted});
  settled_();
}

bool PrekeyRequests::failed(const DeviceId& device) const {
  const auto it = failed_.find(device);
  return it != failed_.end() && m_.context.now - it->second < retry_after;
}

std::optional<Instant> PrekeyRequests::retry_at() const {
  std::optional<Instant> out;
  for (const auto& [device, at] : failed_)
    if (at + retry_after > m_.context.now)
      out = std::min(out.value_or(at + retry_after), at + retry_after);
  return out;
}

// Longer than the 38 days for which a replaced one is kept, after the 7 days of its own.
constexpr Duration oldest_spk = 45 * day;

bool speaks_our_suite(const protocol::DeviceList& list) {
  return std::find(list.suites.begin(), list.suites.end(), crypto::suite_1) != list.suites.end();
}

std::optional<crypto::Bundle> verify_bundle(const Messaging& m, const SignPublic& account,
                                            const protocol::Device& device,
                                            std::uint32_t lowest_spk,
                                            const v1::PrekeyBundle& bundle) {
  const auto* list = m.trust.device_list(account);
  if (list == nullptr || !speaks_our_suite(**list)) {
    m.context.warn("other_suite", {}, account.view());
    return std::nullopt;
  }
  const auto spk = protocol::verify_prekey(view(bundle.spk_record()), device);
  bool bad_one_time = false;
  const auto opk = one_time(bundle, bad_one_time);
  if (!spk.ok() || (*spk)->id < lowest_spk || bad_one_time) {
    m.context.warn("bad_prekey", {}, device.id.view());
    return std::nullopt;
  }
  // Its private part may be gone there, or known to whoever took it then: a device renews its key
  // each week that it is connected.
  if (m.context.clock.trusted(m.context.now) - (*spk)->issued_at > oldest_spk) {
    m.context.warn("old_prekey", {}, device.id.view());
    return std::nullopt;
  }
  return crypto::Bundle{
      {account, device.id, device.sig, device.ik}, {(*spk)->id, (*spk)->key}, opk};
}

}  // namespace livlina::client
