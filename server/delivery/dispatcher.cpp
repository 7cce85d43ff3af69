#include "server/delivery/dispatcher.hpp"

#include "protocol/proto.hpp"
#include "server/services/people.hpp"

namespace livlina::server {

namespace {

v1::ServerFrame delivery(const store::MailRow& row) {
  v1::ServerFrame frame;
  auto& d = *frame.mutable_delivery();
  d.set_seq(row.seq);
  const std::string content = to_string(ByteView(row.content));
  switch (static_cast<MailKind>(row.kind)) {
    case MailKind::frame:
      d.set_frame(content);
      break;
    case MailKind::record:
      (void)d.mutable_record()->ParseFromString(content);
      break;
    case MailKind::word:
      (void)d.mutable_word()->ParseFromString(content);
      break;
  }
  return frame;
}

}  // namespace

std::vector<v1::ServerFrame> next_deliveries(store::Db& db, Live& live) {
  std::vector<v1::ServerFrame> out;
  const store::Mailbox mailbox(db);
  bool full = false;
  for (const auto rank : {store::Rank::urgent, store::Rank::normal, store::Rank::bulk}) {
    const std::size_t room = live.window.room(rank);
    // One more than there is room for, to know whether the end was reached.
    const auto rows = mailbox.read(live.mailbox, rank, live.window.last(rank), room + 1);
    for (std::size_t i = 0; i < rows.size() && i < room; ++i) {
      live.window.handed(rank, rows[i].seq);
      out.push_back(delivery(rows[i]));
    }
    full = full || rows.size() > room;
  }
  if (full)
    live.window.backlog();
  else if (live.window.reached_end())
    out.emplace_back().mutable_drained();
  return out;
}

}  // namespace livlina::server
