// The lines between phones and server, in virtual time: frames that take a while, come twice, or
// are lost together with their connection. Within one connection and direction none overtakes
// another.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "crypto/core/time.hpp"

namespace livlina::testing::sim {

// What happens to one frame on its way.
struct Passage {
  int copies = 1;      // 0: the connection breaks here, and everything behind is lost
  Duration delay = 0;  // at least this long
};

struct Flight {
  std::uint64_t session = 0;
  bool to_server = false;
  int copies = 1;
  bool close = false;  // after the copies the connection ends
  std::string frame;
};

class Lines {
 public:
  void send(Flight flight, Instant now, Duration delay);
  // The next one that has arrived by `now`, in the order of arrival.
  [[nodiscard]] std::optional<Flight> arrived(Instant now);
  [[nodiscard]] std::optional<Instant> next() const;
  void drop(std::uint64_t session);  // what is under way on an ended connection
  void drop_all() { under_way_.clear(); }

 private:
  // By the instant of arrival, then in the order of sending.
  std::multimap<Instant, Flight> under_way_;
};

}  // namespace livlina::testing::sim
