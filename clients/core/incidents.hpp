// Incidents as this client can vouch for them: acts it signs, acts of others it has verified, pages
// and updates for this person.
#pragma once

#include <functional>
#include <map>

#include "clients/core/messenger.hpp"
#include "clients/core/note.hpp"
#include "clients/core/part.hpp"

namespace livlina::v1 {
class DoAct;
class Incident;
class IncidentView;
class Notice;
}  // namespace livlina::v1

namespace livlina::client {

// A notice is remembered this long, so that its repetition is receipted but not shown again.
inline constexpr Duration notice_memory = 30 * day;

// An act waits at most this long for its note to be sealed: whom no session reaches by then gets it
// in a message of its own.
inline constexpr Duration act_seal_wait = 1 * second;

class Incidents final : public Part {
 public:
  Incidents(Context& context, Trust& trust, Messenger& messenger);
  ~Incidents() override;

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;

  // A note was stored: an open incident that it belongs to is shown again, with it.
  void note_came(const crypto::Hash& ref);

 private:
  using Seen = std::function<void(const v1::IncidentView&)>;
  // Verifies; when that fails the circle is fetched once and it is tried again, then it is shown
  // (with a warning if the server's word still has no signature behind it), as it was told last.
  void look(const v1::Incident& incident, const Seen& seen);
  [[nodiscard]] v1::IncidentView view_of(const v1::Incident& incident) const;
  void warn_unsigned(const v1::IncidentView& view) const;
  [[nodiscard]] bool for_us(const v1::Incident& incident) const;
  void remember(const v1::Incident& incident);
  void show(const v1::IncidentView& view);
  void expire();

  void list(std::uint64_t command, bool resolved_too);
  void act(std::uint64_t command, const v1::DoAct& wanted);
  void sign_and_post(std::uint64_t command, const v1::DoAct& wanted, const v1::Incident& incident);
  void acted(std::uint64_t command, const v1::ServerFrame* reply);
  void notice(const v1::Notice& notice);

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  std::map<std::string, v1::Incident> known_;  // by id, as told last; memory only
};

}  // namespace livlina::client
