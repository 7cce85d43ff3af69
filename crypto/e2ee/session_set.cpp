#include <algorithm>

#include "crypto/e2ee/limits.hpp"
#include "crypto/e2ee/pickle.hpp"
#include "crypto/e2ee/session.hpp"

namespace livlina::crypto {

namespace {
// Highest gen, tie smallest SID: both devices come to the same choice without talking.
bool before(const Session& a, const Session& b) {
  return a.gen() != b.gen() ? a.gen() > b.gen() : a.sid() < b.sid();
}
}  // namespace

template <class Fits>
std::size_t SessionSet::preferred(Fits fits) const {
  std::size_t best = none;
  for (std::size_t i = 0; i < sessions_.size(); ++i)
    if (fits(sessions_[i]) && (best == none || before(sessions_[i], sessions_[best]))) best = i;
  return best;
}

std::size_t SessionSet::sending_index() const {
  return preferred([](const Session& s) { return s.can_send(); });
}

std::size_t SessionSet::own_index() const {
  return preferred([](const Session& s) { return s.initiator(); });
}

Status SessionSet::add(Session session) {
  if (session.gen() > highest_gen_ && session.gen() - highest_gen_ > max_gen_jump)
    return Error::limit;
  if (by_sid(session.sid()) != nullptr) return Error::duplicate;
  highest_gen_ = std::max(highest_gen_, session.gen());
  sessions_.push_back(std::move(session));
  if (sessions_.size() <= max_sessions) return done();

  const std::size_t keep = sending_index();
  std::size_t oldest = none;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    if (i == keep) continue;
    if (oldest == none || sessions_[i].created_at() < sessions_[oldest].created_at()) oldest = i;
  }
  sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(oldest));
  return done();
}

Session* SessionSet::sending() {
  const std::size_t i = sending_index();
  return i == none ? nullptr : &sessions_[i];
}

Session* SessionSet::own() {
  const std::size_t i = own_index();
  return i == none ? nullptr : &sessions_[i];
}

Session* SessionSet::by_hint(const Hint& hint) {
  for (Session& s : sessions_) {
    const auto hints = s.hints();
    if (std::find(hints.begin(), hints.end(), hint) != hints.end()) return &s;
  }
  return nullptr;
}

Session* SessionSet::by_sid(const ByteArray<32>& sid) {
  for (Session& s : sessions_)
    if (s.sid() == sid) return &s;
  return nullptr;
}

bool SessionSet::renewal_due(Instant now) const {
  const std::size_t i = sending_index();
  return i == none || now - sessions_[i].created_at() >= renewal_period;
}

bool SessionSet::own_due(Instant now) const {
  const std::size_t i = own_index();
  if (i == none || now - sessions_[i].created_at() >= renewal_period) return true;
  const auto superseded = superseded_at(sessions_[i]);
  return superseded && now - *superseded >= own_session_wait;
}

// When the first session that goes before this one began; nothing while this one is preferred.
std::optional<Instant> SessionSet::superseded_at(const Session& session) const {
  std::optional<Instant> first;
  for (const Session& other : sessions_)
    if (other.can_send() && before(other, session))
      first = first ? std::min(*first, other.created_at()) : other.created_at();
  if (!first) return std::nullopt;
  return std::max(*first, session.created_at());
}

std::vector<ByteArray<32>> SessionSet::expire(Instant now) {
  std::vector<ByteArray<32>> ended;
  for (const Session& s : sessions_) {
    const auto superseded = superseded_at(s);
    if (superseded && now - *superseded >= key_life) ended.push_back(s.sid());
  }
  std::erase_if(sessions_, [&ended](const Session& s) {
    return std::find(ended.begin(), ended.end(), s.sid()) != ended.end();
  });
  return ended;
}

bool SessionSet::expire_keys(Instant now) {
  bool dropped = false;
  for (Session& s : sessions_) dropped |= s.expire(now);
  return dropped;
}

SessionSet SessionSet::copy() const {
  SessionSet out;
  out.highest_gen_ = highest_gen_;
  out.sessions_.reserve(sessions_.size());
  for (const Session& s : sessions_) out.sessions_.push_back(s.copy());
  return out;
}

SecretBytes SessionSet::pickle() const {
  PickleWriter w(PickleType::session_set);
  w.u32(highest_gen_).u8(static_cast<std::uint8_t>(sessions_.size()));
  for (const Session& s : sessions_) w.sized(s.pickle().expose());
  return std::move(w).finish();
}

Result<SessionSet> SessionSet::unpickle(ByteView bytes) {
  LIVLINA_TRY(r, open_pickle(PickleType::session_set, bytes));
  SessionSet out;
  out.highest_gen_ = r.u32();
  const std::size_t count = r.u8();
  if (count > max_sessions) return Error::bad_format;
  for (std::size_t i = 0; i < count; ++i) {
    LIVLINA_TRY(session, Session::unpickle(r.sized(bytes.size())));
    if (session.gen() > out.highest_gen_ || out.by_sid(session.sid()) != nullptr)
      return Error::bad_format;
    out.sessions_.push_back(std::move(session));
  }
  if (!r.done()) return Error::bad_format;
  return out;
}

}  // namespace livlina::crypto
