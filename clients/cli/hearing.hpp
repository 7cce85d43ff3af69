// What `listen` says of what comes in: each thing once, with the name of whom it is about.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "clients/cli/circle_names.hpp"
#include "clients/cli/options.hpp"
#include "protocol/proto.hpp"

namespace livlina::cli {

class Hearing {
 public:
  explicit Hearing(const Options& options) : options_(options) {}

  // Prints an event, unless the same stands there already; with --json its value. False when the
  // output failed: then nobody has seen it. A status is only learnt from: names, and which circle
  // is the user's own.
  [[nodiscard]] bool hear(const v1::Event& event);
  // Something was said of the connection; the greeting is not needed any more.
  void link_told() { greeted_ = true; }

 private:
  struct Shown {
    std::string line;  // without the note
    std::string note;
  };
  void learn(const v1::Status& status);
  void greet();
  [[nodiscard]] std::string line_of_new(const v1::Event& event);
  [[nodiscard]] Shown& before(const std::string& key);
  // The line; when only the note is new, the note; empty when nothing is.
  [[nodiscard]] std::string once(const std::string& key, const std::string& line,
                                 const std::string& note, const std::string& whose);

  const Options& options_;
  CircleNames names_;
  std::string zone_;  // of the plan of the user's own circle
  std::map<std::string, Shown> shown_;
  bool greeted_ = false;
};

}  // namespace livlina::cli
