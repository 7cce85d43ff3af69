// Events and views as JSON for --json: ids and keys in hex, enumerations as stable words, instants
// in UTC milliseconds.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace livlina::v1 {
class CheckinView;
class CircleView;
class Event;
class IncidentView;
class InviteInfo;
class MessageView;
class NoticeView;
class Person;
class RecordView;
class Status;
class Warning;
}  // namespace livlina::v1

namespace livlina::cli {

[[nodiscard]] nlohmann::json to_json(const v1::CheckinView& v);
[[nodiscard]] nlohmann::json to_json(const v1::CircleView& v);
[[nodiscard]] nlohmann::json to_json(const v1::IncidentView& v);
[[nodiscard]] nlohmann::json to_json(const v1::InviteInfo& v);
[[nodiscard]] nlohmann::json to_json(const v1::MessageView& v);
[[nodiscard]] nlohmann::json to_json(const v1::NoticeView& v);
[[nodiscard]] nlohmann::json to_json(const v1::Person& v);
[[nodiscard]] nlohmann::json to_json(const v1::RecordView& v);
[[nodiscard]] nlohmann::json to_json(const v1::Status& v);
[[nodiscard]] nlohmann::json to_json(const v1::Warning& v);
// One event as {"event": name, ...}; null for events that only matter inside (finished, logged_in).
[[nodiscard]] nlohmann::json to_json(const v1::Event& event);

}  // namespace livlina::cli
