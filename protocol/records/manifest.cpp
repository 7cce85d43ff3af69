#include "protocol/records/manifest.hpp"

#include <algorithm>

#include "protocol/records/reread.hpp"
#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr std::string_view manifest_purpose = "manifest";
constexpr std::string_view confirm_purpose = "confirm";
constexpr std::size_t line_size = 16 + 1 + 32 + 1 + 2 + 8 + 8 + 2 + 32;
constexpr std::size_t max_manifest = 1 + 32 + 16 + 4 + 32 + 8 + 1 + 1 + max_lines * line_size + 32 +
                                     1 + max_lines * 32 + 1 + max_also * 32 + signature_size;
constexpr std::size_t confirm_size = 1 + 32 + 32 + 16 + 32 + signature_size;

bool known_type(std::uint8_t type) { return type >= 1 && type <= 3; }

Result<Line> read_line(RecordReader& r) {
  const auto id = read_id<LineId>(r);
  const std::uint8_t type = r.u8();
  LIVLINA_TRY(key, read_sign_key(r));
  const std::uint8_t role = r.u8();
  const std::uint16_t scope = r.u16();
  const Instant not_before = r.i64();
  const Instant not_after = r.i64();
  const std::uint16_t incident_grace = r.u16();
  const auto detail = r.array<32>();
  if (!r.ok()) return Error::bad_format;
  // The participant is never a line of the own circle: lines are those who watch.
  if (!known_type(type) || !role_known(role) || static_cast<Role>(role) == Role::participant ||
      (scope & ~scope_all) != 0)
    return Error::bad_line;
  if (!sane_date(not_before) || !sane_date(not_after) || not_after <= not_before ||
      not_after - not_before > line_life || incident_grace > max_incident_grace_h)
    return Error::bad_dates;
  return Line{id,        static_cast<LineType>(type),
              key,       static_cast<Role>(role),
              scope,     not_before,
              not_after, incident_grace,
              detail};
}

Result<std::vector<Line>> read_lines(RecordReader& r) {
  const std::size_t n = r.u8();
  if (n > max_lines) return Error::too_large;
  std::vector<Line> out;
  for (std::size_t i = 0; i < n; ++i) {
    LIVLINA_TRY(line, read_line(r));
    out.push_back(line);
  }
  if (has_double(out, [](const Line& l) { return l.id; }) ||
      has_double(out, [](const Line& l) { return std::make_pair(l.type, l.key); }))
    return Error::bad_line;
  return out;
}

Result<Recovery> read_recovery(RecordReader& r) {
  LIVLINA_TRY(desk, read_sign_key(r));
  const std::size_t n = r.u8();
  if (n > max_lines) return Error::too_large;
  std::vector<crypto::SignPublic> eligible;
  eligible.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    LIVLINA_TRY(account, read_sign_key(r));
    eligible.push_back(account);
  }
  if (has_double(eligible, [](const crypto::SignPublic& a) { return a; })) return Error::bad_id;
  return Recovery{desk, std::move(eligible)};
}

Result<std::vector<crypto::Hash>> read_also(ByteReader& r, const crypto::Hash& prev) {
  const std::size_t n = r.u8();
  if (n > max_also) return Error::too_large;
  std::vector<crypto::Hash> out;
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i) out.push_back(r.array<32>());
  if (!r.ok()) return Error::bad_format;
  const auto none = [&](const crypto::Hash& h) { return h == prev || h == crypto::Hash{}; };
  if (std::any_of(out.begin(), out.end(), none) ||
      has_double(out, [](const crypto::Hash& h) { return h; }))
    return Error::bad_chain;
  return out;
}

bool same_owner(const Manifest& a, const Manifest& b) {
  return a.circle == b.circle && a.participant == b.participant;
}

bool in_also(const Manifest& m, const crypto::Hash& other) {
  return std::find(m.also.begin(), m.also.end(), other) != m.also.end();
}

Result<Manifest> parse_manifest(const crypto::SignPublic& participant, RecordReader& r) {
  const auto circle = read_id<CircleId>(r);
  const std::uint32_t seq = r.u32();
  const auto prev = r.array<32>();
  const Instant issued_at = r.i64();
  LIVLINA_TRY(armed, read_bool(r));
  LIVLINA_TRY(lines, read_lines(r));
  LIVLINA_TRY(recovery, read_recovery(r));
  LIVLINA_TRY(also, read_also(r, prev));
  LIVLINA_CHECK(check_chain_start(seq, prev));
  if (!sane_date(issued_at)) return Error::bad_dates;
  const auto own = [&](const Line& l) { return l.key == participant; };
  if (std::any_of(lines.begin(), lines.end(), own)) return Error::bad_line;
  return Manifest{circle,
                  participant,
                  seq,
                  prev,
                  issued_at,
                  armed,
                  std::move(lines),
                  std::move(recovery),
                  std::move(also)};
}

// When `line` gives nothing any more, whatever is open.
Instant end_of(const Line& line) { return line.not_after + line.incident_grace_h * hour; }

// `line` gives all that `old` still gives.
bool no_less(const Line& line, const Line& old, Instant now) {
  return line.type == old.type && line.key == old.key && line.role == old.role &&
         (old.scope & ~line.scope) == 0 && line.not_before <= std::max(old.not_before, now) &&
         line.not_after >= old.not_after && end_of(line) >= end_of(old);
}

}  // namespace

const Line* Manifest::line_for(const crypto::SignPublic& account, bool in_roster,
                               bool in_pool) const {
  const auto first = [&](auto matches) -> const Line* {
    const auto it = std::find_if(lines.begin(), lines.end(), matches);
    return it == lines.end() ? nullptr : &*it;
  };
  const Line* line =
      first([&](const Line& l) { return l.type == LineType::account && l.key == account; });
  if (line == nullptr && in_roster)
    line = first([](const Line& l) { return l.type == LineType::desk; });
  if (line == nullptr && in_pool)
    line = first([](const Line& l) { return l.type == LineType::pool; });
  return line;
}

std::uint16_t scope_at(const Line& line, Instant now, std::optional<Instant> incident_since) {
  if (now < line.not_before) return scope_none;
  if (now < line.not_after) return line.scope;
  if (incident_since && *incident_since < line.not_after && now < end_of(line))
    return static_cast<std::uint16_t>(line.scope & scope_alarm);
  return scope_none;
}

Bytes sign_manifest(const Manifest& m, const crypto::SignKeyPair& participant) {
  ByteWriter w(max_manifest);
  w.u8(record_version).bytes(m.participant.view()).bytes(m.circle.view()).u32(m.seq).bytes(m.prev);
  w.i64(m.issued_at).u8(m.armed ? 1 : 0).u8(static_cast<std::uint8_t>(m.lines.size()));
  for (const Line& l : m.lines) {
    w.bytes(l.id.view()).u8(static_cast<std::uint8_t>(l.type)).bytes(l.key.view());
    w.u8(static_cast<std::uint8_t>(l.role)).u16(l.scope).i64(l.not_before).i64(l.not_after);
    w.u16(l.incident_grace_h).bytes(l.detail_commit);
  }
  w.bytes(m.recovery.desk.view()).u8(static_cast<std::uint8_t>(m.recovery.eligible.size()));
  for (const auto& account : m.recovery.eligible) w.bytes(account.view());
  w.u8(static_cast<std::uint8_t>(m.also.size()));
  for (const crypto::Hash& hash : m.also) w.bytes(hash);
  return Verifier::sign(std::move(w), manifest_purpose, participant);
}

Result<Verified<Manifest>> verify_manifest(ByteView record) {
  return Verifier::open_self_signed<Manifest>(record, max_manifest, manifest_purpose,
                                              parse_manifest);
}

Result<Verified<Manifest>> reread_manifest(const Kept& kept) {
  return Verifier::reread_self_signed<Manifest>(kept, max_manifest, parse_manifest);
}

Status check_successor(const Verified<Manifest>& known, const Verified<Manifest>& next) {
  const crypto::Hash& before = in_also(*next, known.hash()) ? known.hash() : next->prev;
  return check_link(same_owner(*known, *next), known->seq, known.hash(), next->seq, before,
                    next.hash());
}

bool replaces(const Verified<Manifest>& known, const Verified<Manifest>& next) {
  return same_owner(*known, *next) && known->seq == next->seq && in_also(*next, known.hash());
}

bool names(const Manifest& m, const crypto::Hash& other) {
  return m.prev == other || in_also(m, other);
}

bool takes_away(const Manifest& before, const Manifest& next, Instant now) {
  return std::any_of(before.lines.begin(), before.lines.end(), [&](const Line& old) {
    return now < end_of(old) && std::none_of(
                                    next.lines.begin(), next.lines.end(),
                                    [&](const Line& line) { return no_less(line, old, now); });
  });
}

Bytes sign_confirm(const Confirm& c, const crypto::SignKeyPair& signer) {
  ByteWriter w(confirm_size);
  w.u8(record_version).bytes(c.signer.view()).bytes(c.tx).bytes(c.circle.view());
  w.bytes(c.participant.view());
  return Verifier::sign(std::move(w), confirm_purpose, signer);
}

Result<Verified<Confirm>> verify_confirm(ByteView record) {
  return Verifier::open_self_signed<Confirm>(
      record, confirm_size, confirm_purpose,
      [](const crypto::SignPublic& signer, RecordReader& r) -> Result<Confirm> {
        const auto tx = r.array<32>();
        const auto circle = read_id<CircleId>(r);
        LIVLINA_TRY(participant, read_sign_key(r));
        if (participant == signer) return Error::bad_id;  // nobody vouches for themselves
        return Confirm{tx, circle, participant, signer};
      });
}

}  // namespace livlina::protocol
