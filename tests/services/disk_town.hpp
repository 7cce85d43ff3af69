// A watched town whose server stands on a disk that fails: people who write, check in, take and
// resolve incidents and sign manifests, repeat what was not answered, and remember what was.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "tests/services/watched_server.hpp"
#include "tests/support/faulty_disk.hpp"

namespace livlina::testing {

class DiskTown {
 public:
  explicit DiskTown(std::uint64_t seed);

  // Something that somebody does, or time that passes. Ends early when the power goes.
  void step();
  void steps(int n);
  // The process is gone, with or without the power; a new one opens what the disk has, and
  // everybody connects again.
  void restart();
  // Opens the database only; what is wrong with it, or nothing.
  [[nodiscard]] std::string reopened();
  // What holds at any time: nothing acknowledged is lost, nothing is there in part.
  void check();
  // Everything unanswered is given again and all work is done; then what holds at rest.
  void check_at_rest();
  void advance(Duration by);
  [[nodiscard]] int lines(std::string_view code) const;

  // Somebody writes to both a contact person and a mentor: the answer.
  v1::ServerFrame write(std::size_t size = 300);
  v1::ServerFrame check_in(std::uint8_t answer = 1);
  v1::ServerFrame alarm();

  FaultyDisk disk;
  WatchedServer server;
  WatchTown& town = server.town;
  std::set<v1::ErrorCode> refused;  // codes that came instead of an answer
  std::size_t told = 0;             // requests that were answered

 private:
  struct Message {
    MessageId id;
    v1::Request request;
    bool told = false;
  };
  struct Signed {
    Bytes record;
    v1::Request request;
    std::uint64_t number = 0;  // of a manifest
  };
  [[nodiscard]] Connection* session(TestDevice& device);
  // Sends it, if there is a connection; nothing: no answer, or a refusal by the disk.
  std::optional<v1::ServerFrame> send(TestDevice& by, const v1::Request& request);
  v1::ServerFrame post(Message& message);
  void press(const RecordSpec& spec);
  std::optional<v1::ServerFrame> give_record();
  void give_act();
  void give_manifest();
  void take_or_resolve();
  void acknowledge();
  void repeat();
  [[nodiscard]] int stored(const Message& message);

  std::mt19937_64 random_;
  std::map<DeviceId, Connection*> sessions_;
  std::vector<Message> messages_;
  std::optional<Signed> record_, act_, manifest_;  // not answered yet
  std::optional<DeviceId> actor_;                  // of act_
  std::vector<crypto::Hash> acts_;                 // answered
  std::uint64_t manifest_told_ = 0;
  v1::ServerFrame last_;
};

}  // namespace livlina::testing
