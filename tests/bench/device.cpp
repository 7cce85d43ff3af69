#include "tests/bench/device.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/core/random.hpp"
#include "protocol/codec.hpp"
#include "protocol/records/login.hpp"
#include "tests/bench/failed.hpp"

namespace livlina::bench {

v1::Request login_request(testing::TestDevice& device, const v1::Challenge& challenge) {
  protocol::LoginTranscript t;
  t.server_name = challenge.server_name();
  t.server_pk = ByteReader(view(challenge.server_pk())).array<32>();
  t.server_nonce = ByteReader(view(challenge.nonce())).array<32>();
  t.client_nonce = crypto::system_random().array<32>();
  t.counter = ++device.login_counter;
  t.epoch = challenge.epoch();
  v1::Request out;
  v1::Login& login = *out.mutable_login();
  login.set_device_id(to_string(device.id().view()));
  login.set_counter(t.counter);
  login.set_client_nonce(to_string(ByteView(t.client_nonce)));
  login.set_signature(to_string(ByteView(protocol::sign_login(t, device.sig))));
  return out;
}

Device::Device(Loop& loop, SSL_CTX* context, std::uint16_t port, testing::TestDevice& who,
               Hears hears, int receive_buffer)
    : Link(loop, context, port, receive_buffer), who_(who), hears_(std::move(hears)) {}

std::uint64_t Device::ask(v1::Request& request) {
  request.set_id(next_);
  request.set_version(protocol::wire_version);
  const std::string frame = protocol::encode(request);
  send(view(frame));
  return next_++;
}

void Device::check() const {
  if (closed()) throw Failed("the server ended a connection of the benchmark");
}

void Device::on_message(ByteView message) {
  const auto frame = protocol::decode_server_frame(message);
  if (!frame.ok()) throw Failed("a frame of the server cannot be read");
  if (frame->has_error())
    throw Failed("the server refused a request: error " +
                 std::to_string(static_cast<int>(frame->error().code())) + " " +
                 frame->error().detail());
  if (frame->has_challenge()) {
    v1::Request login = login_request(who_, frame->challenge());
    (void)ask(login);
    return;
  }
  logged_in_ = logged_in_ || frame->has_welcome();
  if (hears_) hears_(*this, *frame);
}

std::vector<std::unique_ptr<Device>> log_in_all(Loop& loop, SSL_CTX* context, std::uint16_t port,
                                                const std::vector<testing::TestDevice*>& devices,
                                                const Device::Hears& hears) {
  constexpr std::size_t at_a_time = 64;
  std::vector<std::unique_ptr<Device>> out;
  for (std::size_t begin = 0; begin < devices.size(); begin = out.size()) {
    const std::size_t end = std::min(devices.size(), begin + at_a_time);
    for (std::size_t i = begin; i < end; ++i)
      out.push_back(std::make_unique<Device>(loop, context, port, *devices[i], hears));
    loop.until(
        [&] {
          return std::all_of(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
                             [](const auto& d) {
                               d->check();
                               return d->logged_in();
                             });
        },
        "log-ins");
  }
  return out;
}

v1::Request message_to(const DeviceId& device) {
  v1::Request out;
  v1::Envelope& envelope = *out.mutable_post_message()->add_envelopes();
  envelope.set_device_id(to_string(device.view()));
  std::string frame(message_frame, 'x');
  frame[0] = 1;  // version, flags, queue
  frame[1] = 0;
  frame[2] = 0;
  envelope.set_frame(std::move(frame));
  return out;
}

void number_message(v1::Request& message, std::uint64_t number) {
  // As random as a client's own ids: rows of an index that are written in no order.
  const crypto::Hash h = crypto::sha256({ByteWriter().u64(number).take()});
  message.mutable_post_message()->set_message_id(to_string(ByteView(h).first(16)));
}

v1::Request acknowledgement(std::uint64_t seq) {
  v1::Request out;
  out.mutable_ack_deliveries()->add_seqs(seq);
  return out;
}

}  // namespace livlina::bench
