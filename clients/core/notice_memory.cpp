#include "clients/core/notice_memory.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace livlina::client {

namespace {

// "notice/<id>": u8 version | when it came i64 | circle 16.
constexpr std::string_view prefix = "notice/";
constexpr std::uint8_t version = 2;

struct Row {
  Instant at = 0;
  CircleId circle;
};

std::optional<Row> read(ByteView value) {
  ByteReader r(value);
  const std::uint8_t v = r.u8();
  Row out;
  out.at = r.i64();
  out.circle = CircleId{r.array<16>()};
  if (!r.done() || v != version) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> NoticeMemory::name(std::string_view notice_id) {
  const auto id = NoticeId::from(std::string(notice_id));
  if (!id) return std::nullopt;
  return std::string(prefix) + id->hex();
}

std::optional<std::string> NoticeMemory::id_of(std::string_view name) {
  if (name.substr(0, prefix.size()) != prefix) return std::nullopt;
  return to_string(unhex(name.substr(prefix.size())));
}

crypto::Status NoticeMemory::load() const {
  for (const std::string& key : context_.store.keys(prefix))
    if (!read(context_.store.get(key))) return crypto::Error::bad_format;
  return crypto::done();
}

bool NoticeMemory::has(const std::string& name) const { return context_.store.has(name); }

void NoticeMemory::remember(const std::string& name, const CircleId& circle) const {
  std::vector<std::pair<Instant, std::string>> others;
  for (const std::string& key : context_.store.keys(prefix)) {
    const auto row = read(context_.store.get(key));
    if (row && row->circle == circle && key != name) others.emplace_back(row->at, key);
  }
  std::sort(others.begin(), others.end());
  for (std::size_t i = 0; i + most_notices <= others.size(); ++i) {
    context_.store.erase(others[i].second);
    (void)context_.shown(others[i].second);
  }
  ByteWriter w;
  context_.store.put(name, w.u8(version).i64(context_.now).bytes(circle.view()).get());
}

void NoticeMemory::expire() const {
  for (const std::string& key : context_.store.keys(prefix)) {
    const auto row = read(context_.store.get(key));
    if (row && row->at < context_.now - notice_memory) context_.store.erase(key);
  }
}

}  // namespace livlina::client
