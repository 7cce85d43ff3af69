#include "clients/cli/refusal.hpp"

#include "crypto/core/bytes.hpp"

namespace livlina::cli {

std::string_view refusal_in(const v1::Warning& warning, const std::optional<std::string>& invite) {
  const bool own = warning.subject().empty();
  if (own != !invite || (invite && hex(view(warning.subject())).rfind(*invite, 0) != 0)) return {};
  if (own && warning.code() == "pairing_refused") return "refused_here";
  if (warning.code() == "pairing_refused_there") return "refused_there";
  if (warning.code() == "pairing_refused_listed") return "refused_listed";
  if (warning.code() == "pairing_refused_late") return "refused_late";
  return {};
}

}  // namespace livlina::cli
