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

std::vector<v1::ServerFrame> next_deliveries(store::Db& db, Live& live,
                                             const Acknowledged& acknowledged) {
  std::vector<v1::ServerFrame> out;
  const store::Mailbox mailbox(db);
  const std::size_t passed_over = acknowledged.rows(live.mailbox);
  for (const auto rank : {store::Rank::urgent, store::Rank::normal, store::Rank::bulk}) {
    if (!live.window.may_have(rank)) continue;
    std::size_t room = live.window.room(rank);
    bool more = false;
    // One more than there is room for, to know whether the end was reached.
    for (const store::MailRow& row :
         mailbox.read(live.mailbox, rank, live.window.last(rank), room + 1 + passed_over)) {
      if (acknowledged.has(live.mailbox, row.seq)) continue;
      more = room == 0;
      if (more) break;
      --room;
      live.window.handed(rank, row.seq);
      out.push_back(delivery(row));
    }
    live.window.read(rank, more);
  }
  if (live.window.may_have_any())
    live.window.backlog();
  else if (live.window.reached_end())
    out.emplace_back().mutable_drained();
  return out;
}

}  // namespace livlina::server
