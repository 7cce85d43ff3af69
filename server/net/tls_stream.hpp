// TLS under Beast: an asynchronous stream over TlsSession and a socket of asio. Unlike
// asio::ssl::stream it has no buffers of its own, so that an idle connection costs what OpenSSL's
// state costs. Only for the source files that instantiate Beast.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstdint>
#include <utility>

#include "server/net/tls_session.hpp"

namespace livlina::server {

// Not thread-safe. At most one read and one write at a time; no handler is called from within the
// function that was given it, and the stream outlives all of them.
class TlsStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor_type>;
  using next_layer_type = Socket;
  using lowest_layer_type = Socket;
  using Error = boost::system::error_code;

  // Makes the socket non-blocking; a socket that cannot be fails at its first use.
  TlsStream(Socket socket, SSL_CTX* context) : socket_(std::move(socket)), tls_(context) {
    Error ignored;
    (void)socket_.non_blocking(true, ignored);
  }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& next_layer() { return socket_; }
  const Socket& next_layer() const { return socket_; }

  // From now on at most so many bytes come out of it; then a read fails with no_buffer_space.
  // Without a call: any number.
  void may_read(std::uint64_t bytes) { readable_ = bytes; }
  // As many more.
  void may_read_more(std::uint64_t bytes) { readable_ += bytes; }

  // Handler: void(error_code).
  template <class Handler>
  auto async_handshake(Handler&& handler) {
    return boost::asio::async_compose<Handler, void(Error)>(Handshake{*this}, handler, socket_);
  }
  // Handler: void(error_code, std::size_t). The end of the stream is eof when the other side said
  // so, and connection_reset when it did not.
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_compose<Handler, void(Error, std::size_t)>(
        Read<Buffers>{*this, buffers}, handler, socket_);
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_compose<Handler, void(Error, std::size_t)>(
        Write<Buffers>{*this, buffers}, handler, socket_);
  }
  void say_end() { tls_.say_end(native()); }

 private:
  [[nodiscard]] int native() { return socket_.is_open() ? socket_.native_handle() : -1; }

  static Error error_of(TlsNext next) {
    switch (next) {
      case TlsNext::ended:
        return boost::asio::error::eof;
      case TlsNext::truncated:
        return boost::asio::error::connection_reset;
      default:
        return boost::asio::error::connection_aborted;
    }
  }
  // Calls `self` again when the outcome says so; true: nothing to wait for.
  template <class Self>
  bool settled(TlsNext next, Self& self) {
    switch (next) {
      case TlsNext::wait_read:
        socket_.async_wait(Socket::wait_read, std::move(self));
        return false;
      case TlsNext::wait_write:
        socket_.async_wait(Socket::wait_write, std::move(self));
        return false;
      case TlsNext::again:
        later(self);
        return false;
      default:
        return true;
    }
  }
  // Behind what waits for its turn in this thread.
  template <class Self>
  void later(Self& self) {
    const executor_type executor = get_executor();
    boost::asio::post(executor, std::move(self));
  }
  TlsOutcome read(const boost::asio::mutable_buffer& to) {
    const TlsOutcome out = tls_.read(native(), to.data(), to.size());
    readable_ -= std::min<std::uint64_t>(readable_, out.bytes);
    return out;
  }

  struct Handshake {
    TlsStream& stream;
    template <class Self>
    void operator()(Self& self, Error e = {}) {
      if (e) return self.complete(e);
      if (!begun) {
        begun = true;  // the client speaks first
        return (void)stream.settled(TlsNext::wait_read, self);
      }
      const TlsOutcome out = stream.tls_.handshake(stream.native());
      if (!stream.settled(out.next, self)) return;
      self.complete(out.next == TlsNext::done ? Error{} : error_of(out.next));
    }
    bool begun = false;
  };

  template <class Buffers>
  struct Read {
    TlsStream& stream;
    Buffers buffers;
    bool begun = false;
    template <class Self>
    void operator()(Self& self, Error e = {}) {
      if (e) return self.complete(e, 0);
      const boost::asio::mutable_buffer to = first(buffers);
      if (!begun) {
        begun = true;
        // Waiting first: what a client asks comes later than the answer before it. asio waits for
        // the state of the socket, not for its change, so that nothing is overlooked.
        if (to.size() == 0 || stream.tls_.has_pending()) return stream.later(self);
        return (void)stream.settled(TlsNext::wait_read, self);
      }
      if (to.size() == 0) return self.complete({}, 0);
      if (stream.readable_ == 0) return self.complete(boost::asio::error::no_buffer_space, 0);
      const TlsOutcome out = stream.read(to);
      if (!stream.settled(out.next, self)) return;
      self.complete(out.next == TlsNext::done ? Error{} : error_of(out.next), out.bytes);
    }
    static boost::asio::mutable_buffer first(const Buffers& all) {
      const auto end = boost::asio::buffer_sequence_end(all);
      for (auto it = boost::asio::buffer_sequence_begin(all); it != end; ++it)
        if (boost::asio::mutable_buffer(*it).size() > 0) return *it;
      return {};
    }
  };

  template <class Buffers>
  struct Write {
    TlsStream& stream;
    Buffers buffers;
    bool done = false;
    TlsOutcome out = {};
    template <class Self>
    void operator()(Self& self, Error e = {}) {
      if (e) return self.complete(e, 0);
      if (!done) {
        const bool first = !std::exchange(begun, true);
        const boost::asio::const_buffer from = gathered(buffers);
        out = from.size() == 0 ? TlsOutcome{TlsNext::done, 0}
                               : stream.tls_.write(stream.native(), from.data(), from.size());
        if (!stream.settled(out.next, self)) return;
        done = true;
        if (first) return stream.later(self);
      }
      self.complete(out.next == TlsNext::done ? Error{} : error_of(out.next), out.bytes);
    }
    bool begun = false;
  };

  // The beginning of the sequence in one piece, so that a frame's few bytes of header do not become
  // a record and a packet of their own. The same sequence gives the same bytes, as OpenSSL wants
  // them when a write is tried again.
  template <class Buffers>
  static boost::asio::const_buffer gathered(const Buffers& all) {
    boost::asio::const_buffer only;
    int parts = 0;
    const auto end = boost::asio::buffer_sequence_end(all);
    for (auto it = boost::asio::buffer_sequence_begin(all); it != end; ++it) {
      const boost::asio::const_buffer part(*it);
      if (part.size() == 0) continue;
      if (parts++ == 0) only = part;
      if (parts > 1 || only.size() >= record) break;
    }
    if (parts < 2) return only;
    const boost::asio::mutable_buffer piece(boost::asio::buffer(thread_piece()));
    return boost::asio::const_buffer(piece.data(), boost::asio::buffer_copy(piece, all));
  }
  static constexpr std::size_t record = 16 * 1024;
  // Needed from the gathering to the end of one call only.
  static std::array<unsigned char, record>& thread_piece() {
    static thread_local std::array<unsigned char, record> piece;
    return piece;
  }

  Socket socket_;
  TlsSession tls_;
  std::uint64_t readable_ = ~std::uint64_t{0};
};

// Found by Beast: says the end, and waits for the other side's as Beast does over TCP. What still
// comes is thrown away.
template <class Handler>
void async_teardown(boost::beast::role_type role, TlsStream& stream, Handler&& handler) {
  stream.say_end();
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.next_layer(), std::forward<Handler>(handler));
}

}  // namespace livlina::server
