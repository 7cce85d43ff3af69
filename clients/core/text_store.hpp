// Texts as a person sees them, ours and those of the others, with the truth about each (M2, M5).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "clients/core/store.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/keys.hpp"
#include "crypto/core/time.hpp"

namespace livlina::v1 {
class MessageView;
}  // namespace livlina::v1

namespace livlina::client {

using crypto::SignPublic;

// The numbers of MessageView.state.
enum class TextState : std::uint8_t {
  queued = 1,
  stored = 2,
  delivered = 3,
  read = 4,
  expired = 5
};

struct Text {
  std::uint64_t order = 0;  // set by TextStore::add: in which they appeared here
  MessageId id;
  CircleId circle;
  std::optional<SignPublic> from;  // nothing: ours
  DeviceId from_device;
  std::vector<SignPublic> to;         // of ours
  std::vector<std::uint8_t> reached;  // by person in `to`: 0, or the number of delivered or read
  std::uint32_t counter = 0;          // of the others', see Plain
  Instant sent_at = 0;
  Instant received_at = 0;
  TextState state = TextState::queued;
  bool under_duress = false;
  std::string text;
};

// Stored under "text/<order>".
class TextStore {
 public:
  explicit TextStore(Store& store) : store_(store) {}
  [[nodiscard]] crypto::Status load();  // bad_version, bad_format

  Text& add(Text text);
  void save(const Text& text);
  [[nodiscard]] Text* ours(const MessageId& id);
  [[nodiscard]] Text* theirs(const MessageId& id);
  // The one that the same device said next in that circle, when it is here: its gap may be closed.
  [[nodiscard]] const Text* next_of(const Text& text) const;
  // True when what this device said just before in that circle is not here.
  [[nodiscard]] bool gap_before(const Text& text) const;
  // In the order in which they appeared, but each device's own in the order it wrote them.
  [[nodiscard]] std::vector<const Text*> list(const CircleId* circle, Instant since) const;
  [[nodiscard]] std::map<std::uint64_t, Text>& all() { return texts_; }

 private:
  struct Said {  // one number of one device in one circle
    CircleId circle;
    DeviceId device;
    std::uint32_t counter;
    auto operator<=>(const Said&) const = default;
  };
  void index(const Text& text);
  Store& store_;
  std::map<std::uint64_t, Text> texts_;
  std::map<MessageId, std::uint64_t> ours_;
  std::map<MessageId, std::uint64_t> theirs_;
  std::map<Said, std::uint64_t> said_;
};

}  // namespace livlina::client
