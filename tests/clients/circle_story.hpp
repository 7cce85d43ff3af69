// A desk and a circle over the real engine, and what one phone of it believes.
#pragma once

#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {

class CircleStory : public ::testing::Test {
 protected:
  CircleStory() : v(21) {}
  void SetUp() override { ASSERT_TRUE(v.ok); }
  // What one phone believes of the circle.
  static v1::CircleView view_of(Phone& phone) {
    const v1::Status s = phone.status();
    return s.circles_size() == 1 ? s.circles(0) : v1::CircleView();
  }
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
