// Which notices this client was told of, so that their repetition is receipted but not shown again.
// A server may invent as many as it likes: it makes us forget others, and fills no vault.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "clients/core/context.hpp"

namespace livlina::client {

// A notice is remembered this long,
inline constexpr Duration notice_memory = 30 * day;
// and as one of the newest so many of its circle. All that name no circle known here count as one
// circle's. An honest server repeats what has no receipt; only what is older than all of these
// would be shown twice.
inline constexpr std::size_t most_notices = 100;

class NoticeMemory {
 public:
  explicit NoticeMemory(const Context& context) : context_(context) {}

  // Under which a notice is kept and shown; nothing for an id that is none.
  [[nodiscard]] static std::optional<std::string> name(std::string_view notice_id);
  // The id of what was shown under this name; nothing when it was no notice.
  [[nodiscard]] static std::optional<std::string> id_of(std::string_view name);

  [[nodiscard]] crypto::Status load() const;  // bad_format
  [[nodiscard]] bool has(const std::string& name) const;
  // From now on; the oldest of the same circle beyond most_notices are forgotten, shown or not.
  // `circle`: zeros when it is none that is known here.
  void remember(const std::string& name, const CircleId& circle) const;
  void expire() const;

 private:
  const Context& context_;
};

}  // namespace livlina::client
