#include "protocol/records/manifest.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

std::optional<Error> refusal(const Manifest& m) {
  return why(verify_manifest(sign_manifest(m, owner())));
}
Verified<Manifest> verified(const Manifest& m) {
  return must<Manifest>(verify_manifest, sign_manifest(m, owner()));
}
Line extra_line() {
  Line line = sample_manifest().lines[0];
  line.id = id_of<LineId>(0xa9);
  line.key = sign_key(0x70).public_key();
  return line;
}

TEST(Manifest, T1_a_member_added_by_another_than_the_participant_is_refused) {
  const Bytes genuine = sign_manifest(sample_manifest(), owner());
  Manifest more = sample_manifest();
  more.lines.push_back(extra_line());
  EXPECT_EQ(why(verify_manifest(sign_manifest(more, sign_key(0x70)))), Error::bad_signature);
  Bytes forged = body_of(sign_manifest(more, owner()));
  forged.insert(forged.end(), genuine.end() - 64, genuine.end());
  EXPECT_EQ(why(verify_manifest(forged)), Error::bad_signature);
  // Signed by the member itself as its own circle: another participant, not ours.
  more.participant = sign_key(0x71).public_key();
  const auto other = must<Manifest>(verify_manifest, sign_manifest(more, sign_key(0x71)));
  EXPECT_NE(other->participant, owner().public_key());
}

TEST(Manifest, T17_only_the_next_seq_with_the_right_hash_follows) {
  const auto known = verified(sample_manifest());
  Manifest next = sample_manifest();
  next.seq = 3;
  next.prev = known.hash();
  EXPECT_TRUE(check_successor(known, verified(next)).ok());

  Manifest gap = next;
  gap.seq = 4;
  EXPECT_EQ(why(check_successor(known, verified(gap))), Error::bad_chain);
  Manifest other_prev = next;
  other_prev.prev = hash_of(0x99);
  EXPECT_EQ(why(check_successor(known, verified(other_prev))), Error::bad_chain);
  Manifest fork = sample_manifest();
  fork.armed = false;
  EXPECT_EQ(why(check_successor(known, verified(fork))), Error::fork);
  EXPECT_EQ(why(check_successor(known, known)), Error::stale);
  EXPECT_EQ(why(check_successor(verified(next), known)), Error::stale);
  Manifest other_circle = next;
  other_circle.circle = id_of<CircleId>(0xc2);
  EXPECT_EQ(why(check_successor(known, verified(other_circle))), Error::bad_chain);

  Manifest first = sample_manifest();
  first.seq = 1;
  EXPECT_EQ(refusal(first), Error::bad_chain);
  first.prev = {};
  EXPECT_EQ(refusal(first), std::nullopt);
}

TEST(Manifest, T17_also_names_those_that_are_put_out_of_force) {
  const auto known = verified(sample_manifest());
  Manifest next = sample_manifest();
  next.seq = 3;
  next.prev = hash_of(0x71);  // the other side of a fork
  next.also = {known.hash()};
  EXPECT_TRUE(check_successor(known, verified(next)).ok());
  EXPECT_FALSE(replaces(known, verified(next)));
  EXPECT_TRUE(names(next, known.hash()));
  EXPECT_TRUE(names(next, hash_of(0x71)));
  EXPECT_FALSE(names(next, hash_of(0x72)));
  next.seq = 2;
  EXPECT_TRUE(replaces(known, verified(next)));
  EXPECT_FALSE(check_successor(known, verified(next)).ok());
  next.also = {hash_of(0x71)};
  EXPECT_EQ(refusal(next), Error::bad_chain) << "prev";
  next.also = {crypto::Hash{}};
  EXPECT_EQ(refusal(next), Error::bad_chain);
  next.also = {hash_of(0x72), hash_of(0x72)};
  EXPECT_EQ(refusal(next), Error::bad_chain);
  next.also.clear();
  for (std::uint8_t i = 0; i <= max_also; ++i) next.also.push_back(hash_of(i + 1));
  EXPECT_EQ(refusal(next), Error::too_large);
}

TEST(Manifest, T16_another_participants_manifest_does_not_continue_ours) {
  const auto known = verified(sample_manifest());
  Manifest theirs = sample_manifest();
  theirs.participant = sign_key(0x71).public_key();
  theirs.seq = 3;
  theirs.prev = known.hash();
  const auto next = must<Manifest>(verify_manifest, sign_manifest(theirs, sign_key(0x71)));
  EXPECT_EQ(why(check_successor(known, next)), Error::bad_chain);
}

TEST(Manifest, lines_are_distinct_and_known) {
  Manifest m = sample_manifest();
  m.lines[1].id = m.lines[0].id;
  EXPECT_EQ(refusal(m), Error::bad_line);
  m = sample_manifest();
  m.lines.push_back(m.lines[0]);
  m.lines[3].id = id_of<LineId>(0xa9);  // the same (type, key) under another id
  EXPECT_EQ(refusal(m), Error::bad_line);
  m.lines[3].type = LineType::pool;  // another type of the same key is another line
  EXPECT_EQ(refusal(m), std::nullopt);

  const auto with = [](auto change) {
    Manifest changed = sample_manifest();
    change(changed.lines[0]);
    return refusal(changed);
  };
  EXPECT_EQ(with([](Line& l) { l.role = Role::participant; }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.role = static_cast<Role>(0); }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.role = static_cast<Role>(7); }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.type = static_cast<LineType>(0); }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.type = static_cast<LineType>(4); }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.scope = 0x40; }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.scope = 0x8001; }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.key = owner().public_key(); }), Error::bad_line);
  EXPECT_EQ(with([](Line& l) { l.not_after = l.not_before; }), Error::bad_dates);
  EXPECT_EQ(with([](Line& l) { l.not_after = l.not_before + 400 * day + 1; }), Error::bad_dates);
  EXPECT_EQ(with([](Line& l) { l.not_after = l.not_before + 400 * day; }), std::nullopt);
  EXPECT_EQ(with([](Line& l) { l.not_before = 0; }), Error::bad_dates);
  EXPECT_EQ(with([](Line& l) { l.incident_grace_h = 73; }), Error::bad_dates);
  EXPECT_EQ(with([](Line& l) { l.incident_grace_h = 72; }), std::nullopt);
  EXPECT_EQ(with([](Line& l) { l.scope = scope_none; }), std::nullopt);
}

TEST(Manifest, counts_flags_and_recovery_are_checked) {
  Manifest m = sample_manifest();
  m.lines.clear();
  EXPECT_EQ(refusal(m), std::nullopt);  // everything revoked: valid, and degraded
  for (std::uint8_t i = 0; i < 41; ++i) {
    Line line = extra_line();
    line.id = id_of<LineId>(i);
    line.key = sign_key(static_cast<std::uint8_t>(0x80 + i)).public_key();
    m.lines.push_back(line);
  }
  EXPECT_EQ(refusal(m), Error::too_large);
  m.lines.pop_back();
  EXPECT_EQ(refusal(m), std::nullopt);

  m = sample_manifest();
  m.recovery.eligible[1] = m.recovery.eligible[0];
  EXPECT_EQ(refusal(m), Error::bad_id);
  m.recovery.eligible.assign(41, sign_key(0x70).public_key());
  EXPECT_EQ(refusal(m), Error::too_large);

  Bytes body = body_of(sign_manifest(sample_manifest(), owner()));
  body[1 + 32 + 16 + 4 + 32 + 8] = 2;  // armed is 0 or 1
  EXPECT_EQ(why(verify_manifest(sign_body(body, "manifest"))), Error::bad_format);
}

TEST(Manifest, T14_a_line_key_that_is_no_signing_key_is_refused) {
  const Bytes body = body_of(sign_manifest(sample_manifest(), owner()));
  const std::size_t first_key = 1 + 32 + 16 + 4 + 32 + 8 + 1 + 1 + 16 + 1;
  const std::size_t also = 1 + 32;
  for (const std::size_t at : {first_key, body.size() - also - 32, body.size() - also - 97}) {
    Bytes changed = body;
    std::fill_n(changed.begin() + static_cast<std::ptrdiff_t>(at), 32, std::uint8_t{0x21});
    EXPECT_EQ(why(verify_manifest(sign_body(changed, "manifest"))), Error::bad_key) << at;
  }
}

TEST(Manifest, an_account_acts_under_its_own_line_then_the_desks_then_the_pools) {
  const Manifest m = sample_manifest();
  const auto own = sign_key(0x05).public_key();
  const auto stranger = sign_key(0x70).public_key();
  EXPECT_EQ(m.line_for(own, true, true)->id, id_of<LineId>(0xa1));
  EXPECT_EQ(m.line_for(stranger, true, true)->id, id_of<LineId>(0xa2));
  EXPECT_EQ(m.line_for(stranger, false, true)->id, id_of<LineId>(0xa3));
  EXPECT_EQ(m.line_for(stranger, false, false), nullptr);
  // A desk's root key is no account.
  EXPECT_EQ(m.line_for(sign_key(0x06).public_key(), false, false), nullptr);
}

TEST(Manifest, scope_ends_with_the_line_and_the_alarm_with_the_grace) {
  const Line line = sample_manifest().lines[0];  // 24 h of grace
  const Instant before = line.not_after - 1;
  EXPECT_EQ(scope_at(line, line.not_before - 1, before), scope_none);
  EXPECT_EQ(scope_at(line, line.not_before, std::nullopt), scope_all);
  EXPECT_EQ(scope_at(line, line.not_after - 1, std::nullopt), scope_all);
  EXPECT_EQ(scope_at(line, line.not_after, std::nullopt), scope_none);
  EXPECT_EQ(scope_at(line, line.not_after, before), scope_alarm);
  EXPECT_EQ(scope_at(line, line.not_after + 24 * hour - 1, before), scope_alarm);
  EXPECT_EQ(scope_at(line, line.not_after + 24 * hour, before), scope_none);
  Line no_alarm = line;
  no_alarm.scope = scope_messages;
  EXPECT_EQ(scope_at(no_alarm, line.not_after, before), scope_none);
}

TEST(Manifest, an_incident_that_opens_after_the_end_of_a_line_brings_nobody_back) {
  const Line line = sample_manifest().lines[0];
  EXPECT_EQ(scope_at(line, line.not_after, line.not_after), scope_none);
  EXPECT_EQ(scope_at(line, line.not_after + hour, line.not_after + minute), scope_none);
}

TEST(Manifest, taking_away_is_told_from_giving_and_renewing) {
  const Manifest before = sample_manifest();
  const Instant now = before.issued_at + day;
  const auto takes = [&](auto change) {
    Manifest next = before;
    next.seq = before.seq + 1;
    change(next);
    return takes_away(before, next, now);
  };
  EXPECT_TRUE(takes([](Manifest& m) { m.lines.clear(); }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines.erase(m.lines.begin()); }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines[0].scope = scope_messages; }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines[0].not_after -= 1; }));
  EXPECT_TRUE(takes([&](Manifest& m) { m.lines[0].not_before = now + 1; }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines[0].incident_grace_h -= 1; }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines[0].role = Role::relative; }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines[0].key = sign_key(0x70).public_key(); }));
  EXPECT_TRUE(takes([](Manifest& m) { m.lines[2].type = LineType::desk; }));

  EXPECT_FALSE(takes([](Manifest&) {}));
  EXPECT_FALSE(takes([](Manifest& m) { m.lines.push_back(extra_line()); }));
  EXPECT_FALSE(takes([](Manifest& m) { m.lines[2].scope |= scope_location; }));
  EXPECT_FALSE(takes([&](Manifest& m) {
    m.lines[0].not_before = now;  // signed anew, for longer
    m.lines[0].not_after = now + 200 * day;
    m.lines[0].id = id_of<LineId>(0xa9);
  }));
  EXPECT_FALSE(takes([](Manifest& m) { std::swap(m.lines[0], m.lines[2]); }));
  Manifest next = before;
  next.lines.erase(next.lines.begin());  // 100 days and 24 h
  const Instant end = before.lines[0].not_after + 24 * hour;
  EXPECT_TRUE(takes_away(before, next, end - 1));
  EXPECT_FALSE(takes_away(before, next, end)) << "its time was over";
}

TEST(Confirm, T16_names_signer_and_participant_and_nobody_vouches_for_themselves) {
  const auto c = must<Confirm>(verify_confirm, sign_confirm(sample_confirm(), owner()));
  EXPECT_EQ(c->signer, owner().public_key());
  EXPECT_EQ(c->participant, sign_key(0x09).public_key());
  EXPECT_EQ(c->tx, hash_of(0x68));
  Confirm self = sample_confirm();
  self.participant = owner().public_key();
  EXPECT_EQ(why(verify_confirm(sign_confirm(self, owner()))), Error::bad_id);
  EXPECT_EQ(why(verify_confirm(sign_confirm(sample_confirm(), sign_key(0x70)))),
            Error::bad_signature);
}

}  // namespace
}  // namespace livlina::testing
