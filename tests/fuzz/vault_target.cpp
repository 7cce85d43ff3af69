// A vault's header as somebody else wrote it, and the content of pages that did open.
#include "crypto/e2ee/vault_format.hpp"
#include "crypto/e2ee/vault_records.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

using crypto::vault::Records;

void read_header(ByteView bytes) {
  const auto header = crypto::vault::parse_header(bytes);
  if (!header.ok()) return;
  must(equal(crypto::vault::encode(*header), bytes), "a header has one encoding");
  must(crypto::vault::sane(header->cost), "no vault may cost more than a phone has");
}

// Pages of a fixed size, as many as the input gives.
void read_pages(ByteView bytes) {
  Records records;
  std::uint32_t number = 0;
  for (; !bytes.empty(); ++number) {
    const std::size_t size = std::min(bytes.size(), crypto::vault::page_data_size);
    if (!records.add_page(number, bytes.first(size)).ok()) return;
    bytes = bytes.subspan(size);
  }
  if (!records.finish().ok()) return;
  crypto::Vault::Changes erase_all;
  for (const auto& [key, value] : records.values()) erase_all.emplace(key, std::nullopt);
  auto plan = records.plan(std::move(erase_all));
  must(plan.ok(), "what was read can be erased");
  records.apply(std::move(*plan));
  must(records.values().empty(), "and is gone then");
}

void run(ByteView input) {
  if (input.empty()) return;
  if (input[0] & 1)
    read_pages(input.subspan(1));
  else
    read_header(input.subspan(1));
}

std::vector<Bytes> seeds() {
  ByteWriter header;
  header.u8(0).bytes(crypto::vault::encode({{3, 64u << 20}, {}}));
  Records records;
  crypto::Vault::Changes changes;
  changes.emplace("key", crypto::SecretBytes(20));
  changes.emplace("another", crypto::SecretBytes(5000));
  const auto plan = records.plan(std::move(changes));
  ByteWriter pages;
  pages.u8(1);
  if (plan.ok())
    for (const auto& [number, page] : plan->pages())
      if (page) pages.bytes(page->expose());
  return {header.take(), pages.take()};
}

}  // namespace

const Target vault{"vault", 32 * 1024, run, seeds};

}  // namespace livlina::testing::fuzz
