#include "server/policy/policy.hpp"

namespace livlina::server::policy {

const Template& template_for(Lane lane, std::uint8_t category) {
  // Risk of serious or lethal violence: short waits, everybody near at once, then the desk.
  static const Template category1{{{who_mentors | who_contact_persons}, {who_desk}}, true};
  // Support need: one after the other; the desk comes with round 2.
  static const Template category2{{{who_mentors}, {who_contact_persons}}, true};
  // Rule 2: a template of its own.
  static const Template silent{{{who_alarm_lines | who_desk}}, true};
  // A drill pages the people of the real one, never the desk or the operator (H35).
  static const Template drill1{{{who_mentors | who_contact_persons}}, false};
  static const Template drill2{{{who_mentors}, {who_contact_persons}}, false};
  switch (lane) {
    case Lane::silent:
      return silent;
    case Lane::drill:
      return category == 1 ? drill1 : drill2;
    case Lane::open:
      break;
  }
  return category == 1 ? category1 : category2;
}

}  // namespace livlina::server::policy
