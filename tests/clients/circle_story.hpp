// A desk and a circle over the real engine, and a server that repeats old answers.
#pragma once

#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {

class CircleStory : public ::testing::Test {
 protected:
  CircleStory() : v(21) {}
  void SetUp() override { ASSERT_TRUE(v.ok); }
  // Keeps the newest answers to GetCircle on their way to `phone`.
  void record_circles(Phone& phone, v1::ServerFrame& kept) {
    phone.on_frame = [&kept](v1::ServerFrame& f) {
      if (f.has_circle()) kept = f;
      return true;
    };
  }
  // From now on `phone` is given the kept answer instead.
  static void replay_circles(Phone& phone, const v1::ServerFrame& kept) {
    phone.on_frame = [&kept](v1::ServerFrame& f) {
      if (f.has_circle()) {
        const std::uint64_t id = f.id();
        f = kept;
        f.set_id(id);
      }
      return true;
    };
  }
  static void again(Phone& phone) {
    phone.disconnect();
    phone.connect();
  }
  Village v;
};

}  // namespace livlina::testing::sim
