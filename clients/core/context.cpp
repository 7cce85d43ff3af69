#include "clients/core/context.hpp"

#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

std::string warning_key(std::string_view code, ByteView circle, ByteView subject) {
  return "warned/" + std::string(code) + "/" + hex(circle) + "/" + hex(subject);
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

void Context::warn(std::string_view code, ByteView circle, ByteView subject,
                   std::string_view detail) const {
  const std::string key = warning_key(code, circle, subject);
  if (store.has(key)) return;
  ByteWriter w;
  store.put(key, w.u8(1).i64(now).get());
  v1::Event event;
  v1::Warning& warning = *event.mutable_warning();
  warning.set_code(std::string(code));
  warning.set_circle_id(to_string(circle));
  warning.set_subject(to_string(subject));
  warning.set_detail(std::string(detail));
  emit(std::move(event));
}

void Context::forget_warning(std::string_view code, ByteView circle, ByteView subject) const {
  store.erase(warning_key(code, circle, subject));
}

}  // namespace livlina::client
