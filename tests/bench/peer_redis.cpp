#include "tests/bench/peer_redis.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/bench/acks.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/link.hpp"

namespace livlina::bench {

namespace {

std::string redis_binary() {
  if (const char* named = std::getenv("LIVLINA_REDIS")) return named;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/redis-server").c_str(), X_OK) == 0) return folder + "/redis-server";
  return {};
}

// Free a moment ago; Redis cannot choose by itself and tell.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  (void)::close(fd);
  if (!bound) throw Failed("no free port");
  return ntohs(at.sin_port);
}

// The end of the first whole reply in `s`, or npos.
std::size_t reply_end(const std::string& s, std::size_t at) {
  const auto line = s.find("\r\n", at);
  if (line == std::string::npos) return line;
  const auto size = [&] { return std::strtol(s.c_str() + at + 1, nullptr, 10); };
  switch (s[at]) {
    case '-':
      throw Failed("Redis says: " + s.substr(at, line - at));
    case '$': {
      const long bytes = size();
      const std::size_t end = line + 2 + (bytes < 0 ? 0 : static_cast<std::size_t>(bytes) + 2);
      return end <= s.size() ? end : std::string::npos;
    }
    case '*': {
      std::size_t end = line + 2;
      for (long i = size(); i > 0 && end != std::string::npos; --i)
        end = end < s.size() ? reply_end(s, end) : std::string::npos;
      return end;
    }
    default:
      return line + 2;
  }
}

}  // namespace

std::unique_ptr<Redis> Redis::start() {
  const std::string binary = redis_binary();
  if (binary.empty()) return nullptr;
  return std::unique_ptr<Redis>(new Redis(binary));
}

Redis::Redis(const std::string& binary) : port_(free_port()) {
  process_ = std::make_unique<testing::Process>(std::vector<std::string>{
      binary, "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", dir_.path(),
      "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no"});
  if (!process_->line_with("Ready to accept connections")) throw Failed(binary + " does not start");
}

RedisLink::RedisLink(Loop& loop, std::uint16_t port, Replied replied)
    : loop_(loop), fd_(connecting_socket(port)), replied_(std::move(replied)) {
  loop_.add(fd_, *this, true);
}

RedisLink::~RedisLink() {
  loop_.remove(fd_);
  (void)::close(fd_);
}

void RedisLink::command(const std::string& resp) {
  out_ += resp;
  sent = Clock::now();
  flush();
}

void RedisLink::flush() {
  const ssize_t n = ::write(fd_, out_.data(), out_.size());
  if (n > 0) out_.erase(0, static_cast<std::size_t>(n));
  if (out_.empty() != writing_) return;
  writing_ = !out_.empty();
  loop_.change(fd_, *this, writing_);
}

void RedisLink::ready() {
  if (writing_) flush();
  std::array<char, 16 * 1024> chunk;
  for (;;) {
    const ssize_t n = ::read(fd_, chunk.data(), chunk.size());
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) throw Failed("Redis ended a connection");
    in_.append(chunk.data(), static_cast<std::size_t>(n));
    if (static_cast<std::size_t>(n) < chunk.size()) break;
  }
  while (!in_.empty()) {
    const auto end = reply_end(in_, 0);
    if (end == std::string::npos) return;
    in_.erase(0, end);
    replied_(*this);
  }
}

std::string redis_command(std::initializer_list<std::string> words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& w : words) out += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
  return out;
}

Acks redis_acks(std::size_t connections, const Scale& scale) {
  Acks out;
  const auto redis = Redis::start();
  if (!redis) return out;
  Loop loop;
  bool counting = false;
  const std::string payload(256, 'x');
  std::vector<std::unique_ptr<RedisLink>> links;
  for (std::size_t i = 0; i < connections; ++i) {
    const std::string push = redis_command({"RPUSH", "q" + std::to_string(i), payload});
    links.push_back(std::make_unique<RedisLink>(loop, redis->port(), [&, push](RedisLink& link) {
      if (counting) out.latency.add(static_cast<std::uint64_t>((Clock::now() - link.sent).count()));
      link.command(push);
    }));
    links.back()->command(push);
  }
  const auto window = [](double s) { return Nanos(static_cast<std::int64_t>(s * 1e9)); };
  loop.run_for(window(scale.warm_up));
  counting = true;
  const CpuUse before = redis->cpu();
  const auto begin = Clock::now();
  loop.run_for(window(scale.seconds / scale.turns));
  out.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  out.count = out.latency.count();
  out.cpu_ns = (redis->cpu() - before).ns;
  return out;
}

}  // namespace livlina::bench
