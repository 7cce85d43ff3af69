#include "clients/core/context.hpp"

#include <optional>

#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

// "unshown/<name>": ver u8 | the event.
constexpr std::string_view unshown_prefix = "unshown/";
// "warned/<code>/<circle>/<subject>": ver u8 | the warning.
constexpr std::string_view warned_prefix = "warned/";
constexpr std::uint8_t layout_version = 2;
// A server makes a client warn as often as it likes: beyond these one warning stands for the rest.
constexpr std::size_t most_of_circle = 100;  // of one code
constexpr std::size_t most_warnings = 20000;
constexpr std::string_view more = "more_warnings";

std::string unshown_key(const std::string& name) { return std::string(unshown_prefix) + name; }

// What the server calls something may be of any length, and a key of the vault may not.
std::string short_hex(ByteView id) {
  constexpr std::size_t longest = 48;
  return id.size() > longest ? hex(crypto::sha256(id)) : hex(id);
}

std::string warnings_of(std::string_view code, ByteView circle) {
  return std::string(warned_prefix) + std::string(code) + "/" + short_hex(circle) + "/";
}

std::string warning_key(std::string_view code, ByteView circle, ByteView subject) {
  return warnings_of(code, circle) + short_hex(subject);
}

template <class Message>
Bytes kept(const Message& message) {
  return ByteWriter().u8(layout_version).bytes(view(message.SerializeAsString())).take();
}

template <class Message>
std::optional<Message> read(ByteView value) {
  Message out;
  if (value.empty() || value[0] != layout_version ||
      !out.ParseFromArray(value.data() + 1, static_cast<int>(value.size() - 1)))
    return std::nullopt;
  return out;
}

// One from a time to come was stored before the phone's clock was set back: it does not count.
bool recent(const v1::Warning& warning, Instant now) {
  return warning.at() <= now && now - warning.at() < warning_memory;
}

}  // namespace

void Context::emit(v1::Event event) const { events->push_back(std::move(event)); }

void Context::finish(std::uint64_t command, Status status, std::string_view detail) const {
  v1::Event event;
  event.set_command_id(command);
  v1::Finished& finished = *event.mutable_finished();
  if (!status.ok()) finished.set_error(std::string(name(status.error())));
  finished.set_detail(std::string(detail));
  emit(std::move(event));
}

void Context::show(const std::string& name, v1::Event event) const {
  event.set_confirm(name);
  store.put(unshown_key(name), kept(event));
  emit(std::move(event));
}

bool Context::unshown(const std::string& name) const { return store.has(unshown_key(name)); }

bool Context::shown(const std::string& name) const {
  if (!unshown(name)) return false;
  store.erase(unshown_key(name));
  return true;
}

void Context::show_again() const {
  for (const std::string& key : store.keys(unshown_prefix)) {
    if (auto event = read<v1::Event>(store.get(key)))
      emit(std::move(*event));
    else
      store.erase(key);
  }
}

void Context::warn(std::string_view code, ByteView circle, ByteView subject,
                   std::string_view detail) const {
  const std::string key = warning_key(code, circle, subject);
  const auto before = read<v1::Warning>(store.get(key));
  if (before && recent(*before, now)) return;
  const bool full = store.keys(warned_prefix).size() >= most_warnings;
  if (code != more && full) return warn(more);
  if (code != more && store.keys(warnings_of(code, circle)).size() >= most_of_circle)
    return warn(more, circle, view(code));
  v1::Event event;
  v1::Warning& warning = *event.mutable_warning();
  warning.set_code(std::string(code));
  warning.set_circle_id(to_string(circle));
  warning.set_subject(to_string(subject));
  warning.set_detail(std::string(detail));
  warning.set_at(now);
  store.put(key, kept(warning));
  show(key, std::move(event));
}

void Context::forget_warning(std::string_view code, ByteView circle, ByteView subject) const {
  const std::string key = warning_key(code, circle, subject);
  if (store.has(key)) store.erase(key);
}

std::vector<v1::Warning> Context::open_warnings() const {
  std::vector<v1::Warning> out;
  for (const std::string& key : store.keys(warned_prefix))
    if (auto warning = read<v1::Warning>(store.get(key)); warning && recent(*warning, now))
      out.push_back(std::move(*warning));
  return out;
}

void Context::drop_old_warnings() const {
  for (const std::string& key : store.keys(warned_prefix)) {
    const auto warning = read<v1::Warning>(store.get(key));
    if (!warning || !recent(*warning, now)) store.erase(key);
  }
}

}  // namespace livlina::client
