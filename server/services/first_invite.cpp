#include "server/services/first_invite.hpp"

#include <algorithm>

#include "server/store/desks.hpp"
#include "server/store/invites.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

// Positive in SQLite's signed integers.
std::uint64_t fresh_epoch(crypto::Random& random) {
  const auto bytes = random.array<8>();
  return ByteReader(ByteView(bytes)).u64() >> 2;
}

}  // namespace

FirstInvite make_first_invite(crypto::Random& random) {
  FirstInvite out{random.secret<16>(), {}, {}};
  ByteWriter info;
  info.str("livlina/1/invite").u8(1);
  const auto okm = crypto::hkdf<80>({}, out.s.expose(), info.get());
  std::copy_n(okm.data(), out.id.bytes.size(), out.id.bytes.begin());
  out.auth_hash = crypto::sha256(okm.expose().subspan(16, 32));
  return out;
}

InitResult init_server(store::Db& db, const SignPublic& server_key, const FirstInvite& invite,
                       Instant now, crypto::Random& random) {
  store::Server server(db);
  store::Invites invites(db);
  db.begin();
  try {
    const auto row = server.find();
    const bool other_key = row && row->pk != server_key.bytes();
    const bool has_a_desk = store::Desks(db).any();
    if (other_key || has_a_desk) {
      db.rollback();
      return other_key ? InitResult::other_key : InitResult::has_a_desk;
    }
    if (!row) server.create({server_key.bytes(), fresh_epoch(random), now});
    invites.drop_unused_first();
    store::InviteRow first;
    first.id = invite.id;
    first.auth_hash = invite.auth_hash;
    first.expires_at = now + first_invite_life;
    invites.add(first, first.expires_at + day);
    db.commit();
    return InitResult::done;
  } catch (...) {
    db.rollback();
    throw;
  }
}

void renew_epoch(store::Db& db, crypto::Random& random) {
  db.begin();
  try {
    store::Server(db).set_epoch(fresh_epoch(random));
    db.commit();
  } catch (...) {
    db.rollback();
    throw;
  }
}

}  // namespace livlina::server
