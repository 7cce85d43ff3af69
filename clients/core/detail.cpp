#include "clients/core/detail.hpp"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;

void write_content(ByteWriter& w, const Detail& d) {
  w.sized(view(d.name)).sized(view(d.organisation)).sized(view(d.purpose)).sized(view(d.wording));
  w.u8(d.language);
}

std::string key(const crypto::Hash& commit) { return "detail/" + hex(commit); }

}  // namespace

crypto::Hash Detail::commit() const {
  ByteWriter w;
  write_content(w, *this);
  return crypto::sha256({salt, w.get()});
}

void write(ByteWriter& w, const Detail& detail) {
  w.bytes(detail.salt);
  write_content(w, detail);
}

Detail read_detail(ByteReader& r) {
  Detail out;
  out.salt = r.array<32>();
  out.name = to_string(r.sized(max_name));
  out.organisation = to_string(r.sized(max_name));
  out.purpose = to_string(r.sized(max_wording));
  out.wording = to_string(r.sized(max_wording));
  out.language = r.u8();
  return out;
}

void store_detail(Store& store, const Detail& detail) {
  ByteWriter w;
  w.u8(version);
  write(w, detail);
  store.put(key(detail.commit()), w.get());
}

std::optional<Detail> stored_detail(const Store& store, const crypto::Hash& commit) {
  ByteReader r(store.get(key(commit)));
  const std::uint8_t v = r.u8();
  Detail out = read_detail(r);
  if (!r.done() || v != version || out.commit() != commit) return std::nullopt;
  return out;
}

}  // namespace livlina::client
