#include "clients/core/parts.hpp"

namespace livlina::client {

Parts make_parts(Context& context, Trust& trust, Messenger& messenger,
                 std::optional<Identity>& self) {
  (void)context, (void)trust, (void)messenger, (void)self;
  Parts out;
  return out;
}

}  // namespace livlina::client
