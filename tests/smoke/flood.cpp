#include "tests/smoke/flood.hpp"

namespace livlina::testing {

namespace {

// Goes as soon as TLS is up.
class Stranger final : public bench::Link {
 public:
  Stranger(bench::Loop& loop, SSL_CTX* context, std::uint16_t port,
           std::atomic<std::uint64_t>& handshakes)
      : Link(loop, context, port), handshakes_(handshakes) {}

 protected:
  void on_tls() override {
    ++handshakes_;
    close();
  }
  void on_message(ByteView) override {}

 private:
  std::atomic<std::uint64_t>& handshakes_;
};

}  // namespace

Flood::Flood(std::uint16_t port, std::vector<TestDevice*> writers, std::vector<DeviceId> to,
             std::size_t at_once, std::size_t strangers)
    : port_(port),
      writers_(std::move(writers)),
      to_(std::move(to)),
      at_once_(at_once),
      strangers_(strangers) {
  thread_ = std::thread([this] {
    try {
      run();
    } catch (...) {
      failed_ = std::current_exception();
    }
  });
}

Flood::~Flood() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

void Flood::stop() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  if (failed_) std::rethrow_exception(std::exchange(failed_, nullptr));
}

void Flood::run() {
  bench::Loop loop;
  const bench::TlsContext tls = bench::tls_client();
  std::uint64_t number = 0;
  std::vector<std::unique_ptr<bench::Device>> devices;
  v1::Request message;
  for (const DeviceId& to : to_) message.MergeFrom(bench::message_to(to));
  const auto write = [&](bench::Device& device) {
    bench::number_message(message, ++number);
    (void)device.ask(message);
  };
  for (TestDevice* writer : writers_)
    devices.push_back(std::make_unique<bench::Device>(
        loop, tls.get(), port_, *writer,
        [this, &write](bench::Device& device, const v1::ServerFrame& frame) {
          if (frame.has_welcome())
            for (std::size_t i = 0; i < at_once_; ++i) write(device);
          if (!frame.has_stored()) return;
          ++stored_;
          write(device);
        }));
  std::vector<std::unique_ptr<Stranger>> strangers(strangers_);
  while (!over_) {
    for (auto& one : strangers)
      if (!one || one->closed())
        one = std::make_unique<Stranger>(loop, tls.get(), port_, handshakes_);
    loop.turn(std::chrono::milliseconds(5));
    for (const auto& device : devices) device->check();
  }
}

}  // namespace livlina::testing
