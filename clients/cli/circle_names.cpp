#include "clients/cli/circle_names.hpp"

#include "clients/cli/words_of.hpp"

namespace livlina::cli {

void CircleNames::learn(const v1::Status& status) {
  own_.clear();
  for (const v1::CircleView& c : status.circles()) learn(c);
}

void CircleNames::learn(const v1::CircleView& circle) {
  if (circle.ours())
    own_ = circle.circle_id();
  else
    others_[circle.circle_id()] = circle.participant_name();
}

std::string CircleNames::of(const std::string& circle_id) const {
  if (!own_.empty() && circle_id == own_) return "your circle";
  const auto found = others_.find(circle_id);
  return found == others_.end() ? std::string() : name_or_unknown(found->second);
}

}  // namespace livlina::cli
