// The border between the network threads and the database thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "crypto/core/bytes.hpp"
#include "server/session/session.hpp"

namespace livlina::server {

using SessionId = std::uint64_t;  // unique in the process's life, above 0

// What the network threads hand over. Every call comes from a network thread and must not wait.
class Gate {
 public:
  virtual ~Gate() = default;
  // A connection is up; the challenge over `nonce` comes back through NetServer::deliver.
  virtual void opened(SessionId session, const ByteArray<32>& nonce) = 0;
  virtual void request(SessionId session, std::shared_ptr<const v1::Request> request) = 0;
  // Always the last call of a session that was opened.
  virtual void closed(SessionId session) = 0;
  // Calls `done` from any thread once the database thread has been through a whole round; `well`:
  // the watch writes what it has to.
  virtual void probe(std::function<void(bool well)> done) = 0;
};

// What goes back to a connection; a session that is gone is ignored.
struct NetOutgoing {
  SessionId session = 0;
  std::string frame;                  // an encoded ServerFrame; empty: nothing to send
  CloseCode close = CloseCode::none;  // after the frame
};

}  // namespace livlina::server
