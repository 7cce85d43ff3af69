// Whose circle is meant: a person reads a name instead of an id.
#pragma once

#include <map>
#include <string>

#include "protocol/proto.hpp"

namespace livlina::cli {

class CircleNames {
 public:
  void learn(const v1::Status& status);
  void learn(const v1::CircleView& circle);

  // "your circle", the participant's name as name_or_unknown() shows it, or empty: no such circle
  // is known.
  [[nodiscard]] std::string of(const std::string& circle_id) const;
  // The participants' names by circle, without the user's own.
  [[nodiscard]] const std::map<std::string, std::string>& others() const { return others_; }
  // The id of the user's own circle; empty: none is known.
  [[nodiscard]] const std::string& own() const { return own_; }

 private:
  std::map<std::string, std::string> others_;
  std::string own_;
};

}  // namespace livlina::cli
