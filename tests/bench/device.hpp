// A device that speaks the real protocol: logs in with its key, sends requests, hears replies and
// pushes.
#pragma once

#include <functional>

#include "protocol/proto.hpp"
#include "tests/bench/link.hpp"
#include "tests/support/people.hpp"

namespace livlina::bench {

// Raises the counter of `device` and answers this challenge.
[[nodiscard]] v1::Request login_request(testing::TestDevice& device,
                                        const v1::Challenge& challenge);

class Device final : public Link {
 public:
  // Called for every frame after the Welcome, and with it. May send, not destroy.
  using Hears = std::function<void(Device&, const v1::ServerFrame&)>;
  // Connects and logs in. `who` outlives it.
  Device(Loop& loop, SSL_CTX* context, std::uint16_t port, testing::TestDevice& who, Hears hears,
         int receive_buffer = 0);

  // Gives the request its id and sends it; the id.
  std::uint64_t ask(v1::Request& request);
  [[nodiscard]] bool logged_in() const { return logged_in_; }
  [[nodiscard]] const DeviceId& id() const { return who_.id(); }
  // Throws Failed when the connection ended: no benchmark goes on without one of its devices.
  void check() const;

 protected:
  void on_message(ByteView message) override;

 private:
  testing::TestDevice& who_;
  Hears hears_;
  std::uint64_t next_ = 1;
  bool logged_in_ = false;
};

// Logs all of these in, at most 64 at a time; throws Failed when one cannot.
[[nodiscard]] std::vector<std::unique_ptr<Device>> log_in_all(
    Loop& loop, SSL_CTX* context, std::uint16_t port,
    const std::vector<testing::TestDevice*>& devices, const Device::Hears& hears = {});

// A message of the smallest size class (256 bytes) for one device: a frame of 507 bytes. Its id is
// to be set anew for each.
inline constexpr std::size_t message_frame = 3 + 8 + 168 + 72 + 256;
[[nodiscard]] v1::Request message_to(const DeviceId& device);
// Sets the next message id: `number` is another one each time.
void number_message(v1::Request& message, std::uint64_t number);
[[nodiscard]] v1::Request acknowledgement(std::uint64_t seq);

}  // namespace livlina::bench
