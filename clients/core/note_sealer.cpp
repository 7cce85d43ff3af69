#include "clients/core/note_sealer.hpp"

#include <algorithm>
#include <utility>

#include "livlina/messaging.pb.h"

namespace livlina::client {

void NoteSealer::seal(crypto::Kind kind, const CircleId& id, std::uint16_t scope, ByteView plain,
                      std::optional<Duration> wait, Messenger::Sealed then) {
  Job job;
  job.letter.id.bytes = m_.context.random.array<16>();
  job.letter.kind = kind;
  job.letter.circle = id;
  job.letter.posted_at = m_.context.now;
  job.letter.body = to_bytes(plain);
  job.then = std::move(then);
  if (wait) job.until = m_.context.now + *wait;
  const Circle* circle = m_.trust.circle(id);
  if (circle == nullptr) return finish(std::move(job));

  for (const Trust::Reach& reached : m_.trust.reach(*circle, scope, m_.context.now)) {
    const auto writable = writable_devices(m_, reached.account);
    Addressee addressee{reached.account};
    addressee.resolved = true;
    for (const protocol::Device& device : reached.devices) {
      const bool written =
          writable && std::any_of(writable->begin(), writable->end(),
                                  [&](const auto& d) { return d.id == device.id; });
      if (!written || !outbound(m_, kind, id, reached.account, device.id).allowed) continue;
      addressee.targets.push_back({device.id});
      (void)starter_.prepare(reached.account, device, kind);
    }
    if (!addressee.targets.empty()) job.letter.to.push_back(std::move(addressee));
  }
  if (!waits(job)) return finish(std::move(job));
  jobs_.push_back(std::move(job));
  starter_.send();
}

void NoteSealer::send_apart(const MessageId& notes, const std::vector<v1::Envelope>& envelopes) {
  Letter* letter = outbox_.find(notes);
  if (letter == nullptr) return;
  for (const v1::Envelope& envelope : envelopes) {
    const auto device = DeviceId::from(envelope.device_id());
    if (!device) continue;
    (void)letter->change(*device, [](Target& t) {
      t.progress = Progress::sealed;
      return true;
    });
    sender_.ship(notes, *device, to_bytes(view(envelope.frame())));
  }
  outbox_.save(*letter);
}

bool NoteSealer::waits(const Job& job) const {
  if (job.until && m_.context.now >= *job.until) return false;
  for (const Addressee& a : job.letter.to)
    for (const Target& t : a.targets)
      if (starter_.fetching(t.device)) return true;
  return false;
}

void NoteSealer::go_on() {
  std::vector<Job> ready;
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    if (waits(*it)) {
      ++it;
      continue;
    }
    ready.push_back(std::move(*it));
    it = jobs_.erase(it);
  }
  for (Job& job : ready) finish(std::move(job));
}

std::optional<Instant> NoteSealer::wake_at() const {
  std::optional<Instant> out;
  for (const Job& job : jobs_)
    if (job.until) out = std::min(out.value_or(*job.until), *job.until);
  return out;
}

// The letter stays in the outbox until the receipts: it is sent again when a device could not read
// it, and what no session was there for, or is too much for one request, goes as a message of its
// own.
void NoteSealer::finish(Job job) {
  const MessageId id = job.letter.id;
  std::vector<v1::Envelope> envelopes;
  if (!job.letter.to.empty()) {
    Letter& letter = outbox_.add(std::move(job.letter));
    for (Addressee& a : letter.to)
      for (Target& target : a.targets) {
        if (envelopes.size() == max_parcel_items) break;
        const auto frame = sender_.seal(letter, a, target);
        if (!frame) continue;
        target.progress = Progress::stored;  // by the record's own request, repeated by its owner
        v1::Envelope& envelope = envelopes.emplace_back();
        envelope.set_device_id(to_string(target.device.view()));
        envelope.set_frame(to_string(*frame));
      }
    outbox_.save(letter);
  }
  job.then(id, std::move(envelopes));
}

}  // namespace livlina::client
