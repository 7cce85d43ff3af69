// What the tests of presses share: the record in a request, how a command ended.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {

inline protocol::CheckinRecord record_of(const WatchBench& b, const v1::Request& request,
                                         bool shadow = false) {
  const auto v =
      protocol::verify_checkin(view(request.post_record().record()),
                               (shadow ? b.sami.shadow() : b.sami.primary()).sig.public_key());
  EXPECT_TRUE(v.ok());
  return **v;
}

inline v1::Command cancel(bool mistake = false) {
  v1::Command c;
  c.mutable_cancel_alarm()->set_mistake(mistake);
  return c;
}

inline std::string finished(const WatchBench& b) {
  const auto* e = b.last(v1::Event::kFinished);
  return e == nullptr ? "nothing" : e->finished().error();
}

// Connected, and nobody's prekeys can be had: notes cannot go with the records, at once.
inline void no_sessions(WatchBench& b) {
  while (b.refuse(v1::Request::kGetPrekeys, v1::FORBIDDEN)) {
  }
}

inline constexpr auto post = v1::Request::kPostRecord;

}  // namespace livlina::testing
