#include "crypto/e2ee/frame.hpp"

#include <gtest/gtest.h>

#include "tests/crypto/forger.hpp"
#include "tests/support/bad_points.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

// Fails on any byte of a frame that can be altered unseen; the session must stay as it was.
void expect_every_byte_matters(Pair& p, const Bytes& frame) {
  const SecretBytes before = p.b.pickle();
  for (std::size_t i = 0; i < frame.size(); ++i) {
    Bytes altered = frame;
    altered[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    EXPECT_FALSE(p.at_b(altered).ok()) << "byte " << i;
  }
  EXPECT_TRUE(secret_equal(before.expose(), p.b.pickle().expose()));
  EXPECT_EQ(shown(p.at_b(frame)), "x");
}

TEST(Frame, T4_any_flipped_byte_with_init_part) {
  Pair p(30);
  expect_every_byte_matters(p, p.from_a("x"));
}

TEST(Frame, T4_any_flipped_byte_without_init_part) {
  Pair p(31);
  ASSERT_EQ(shown(p.at_a(p.from_b("reply"))), "reply");
  expect_every_byte_matters(p, p.from_a("x"));  // the first of a new chain
  expect_every_byte_matters(p, p.from_a("x"));  // and the next of the same
}

TEST(Frame, T4_which_error_each_region_gives) {
  Pair p(32);
  const Bytes frame = p.from_a("x");
  const auto error_at = [&](std::size_t i) {
    Bytes altered = frame;
    altered[i] ^= 4;
    return shown(p.at_b(altered));
  };
  EXPECT_EQ(error_at(0), "[bad_version]");
  EXPECT_EQ(error_at(1), "[bad_format]");
  EXPECT_EQ(error_at(2), "[bad_format]");
  EXPECT_EQ(error_at(3), "[cannot_open]");                   // init
  EXPECT_EQ(error_at(3 + 1139), "[unknown_hint]");           // hint
  EXPECT_EQ(error_at(3 + 1139 + 8), "[cannot_open]");        // sealed header
  EXPECT_EQ(error_at(3 + 1139 + 8 + 168), "[cannot_open]");  // body
}

// Wherever a sealed part is broken, there is one error: nobody is told more than that it does not
// open. That it takes one time as well is the seal's own (timing_test.cpp): nothing else opens.
TEST(Frame, T18_a_sealed_part_has_one_error_wherever_it_is_broken) {
  Pair p(35);
  const Bytes frame = p.from_a("x");
  constexpr std::size_t init = 3;
  constexpr std::size_t sealed_init = init + 43;
  constexpr std::size_t header = init + init_size + 8;
  for (std::size_t i = sealed_init; i < frame.size(); ++i) {
    if (i >= header - 8 && i < header) continue;  // the hint is not sealed
    Bytes altered = frame;
    altered[i] ^= 0x10;
    EXPECT_EQ(shown(p.at_b(altered)), "[cannot_open]") << "byte " << i;
    if (i < header) {
      EXPECT_EQ(read_init(parse_frame(altered)->init, p.bo.ik, p.bo.party().device).error(),
                Error::cannot_open)
          << "byte " << i;
    }
  }
}

TEST(Frame, T3_moved_to_another_queue) {
  Pair p(33);
  Bytes frame = p.from_a("x");
  for (std::uint8_t queue : std::initializer_list<std::uint8_t>{1, 2}) {
    frame[2] = queue;
    EXPECT_EQ(shown(p.at_b(frame)), "[cannot_open]");
  }
}

TEST(Frame, T3_init_part_cut_off_or_put_on) {
  Pair p(34);
  Bytes frame = p.from_a("x");
  const Bytes init(frame.begin() + 3, frame.begin() + 3 + 1139);
  Bytes without = frame;
  without.erase(without.begin() + 3, without.begin() + 3 + 1139);
  without[1] = 0;
  EXPECT_EQ(shown(p.at_b(without)), "[cannot_open]");

  ASSERT_EQ(shown(p.at_a(p.from_b("reply"))), "reply");
  Bytes with = p.from_a("x");
  with.insert(with.begin() + 3, init.begin(), init.end());
  with[1] = 1;
  EXPECT_EQ(shown(p.at_b(with)), "[cannot_open]");
}

TEST(Frame, T3_header_and_body_of_two_frames) {
  Pair p(35);
  const Bytes one = p.from_a("one");
  const Bytes two = p.from_a("two");
  Bytes mixed = one;
  std::copy(two.begin() + 1318, two.end(), mixed.begin() + 1318);
  EXPECT_EQ(shown(p.at_b(mixed)), "[cannot_open]");
  EXPECT_EQ(shown(p.at_b(one)), "one");
  EXPECT_EQ(shown(p.at_b(two)), "two");
}

TEST(Frame, T3_roles_that_the_manifest_does_not_say) {
  Pair p(36);
  const Bytes frame = p.from_a("x");
  const FrameParts parts = parse_frame(frame).value();
  for (std::uint8_t from = 0; from <= 8; ++from) {
    for (std::uint8_t to = 0; to <= 8; ++to) {
      if (from == 1 && to == 3) continue;
      EXPECT_FALSE(p.b.decrypt(parts, {static_cast<Role>(from), static_cast<Role>(to)},
                               start_of_time, p.random)
                       .ok());
    }
  }
  EXPECT_EQ(shown(p.at_b(frame)), "x");
}

struct Forged : ::testing::Test {
  SeededRandom random{40};
  Device alice{random};
  Device bo{random};
  Forger forger{alice, bo, random};

  std::string received(const Forgery& f) {
    const Bytes frame = forger.frame(f);
    auto session = answer(bo, alice, frame);
    if (!session.ok()) return "no session";
    const SecretBytes before = session->pickle();
    auto text = read(*session, frame,
                     {static_cast<Role>(f.role_from), static_cast<Role>(f.role_to)}, random);
    if (!text.ok()) {
      EXPECT_TRUE(secret_equal(before.expose(), session->pickle().expose()));
    }
    return shown(text);
  }
};

TEST_F(Forged, a_second_implementation_is_understood) {
  EXPECT_EQ(received({}), "forged");
  Forgery tenth;
  tenth.n = 9;
  EXPECT_EQ(received(tenth), "forged");
  Forgery alarm;
  alarm.kind = 4;
  alarm.queue = 1;
  alarm.padded_size = 1024;
  EXPECT_EQ(received(alarm), "forged");
}

TEST_F(Forged, T3_kind_that_does_not_go_with_the_queue) {
  for (std::uint8_t kind = 1; kind <= 13; ++kind) {
    for (std::uint8_t queue = 0; queue <= 2; ++queue) {
      Forgery f;
      f.kind = kind;
      f.queue = queue;
      f.padded_size = 1024;
      const auto& r = *rule(kind);
      for (std::uint8_t role = 1; role <= 6; ++role)
        if (allows(r.senders, static_cast<Role>(role))) f.role_from = role;
      for (std::uint8_t role = 1; role <= 6; ++role)
        if (allows(r.receivers, static_cast<Role>(role))) f.role_to = role;
      const bool right = static_cast<std::uint8_t>(r.queue) == queue;
      EXPECT_EQ(received(f), right ? "forged" : "[bad_format]") << int{kind} << " " << int{queue};
    }
  }
}

TEST_F(Forged, T3_roles_that_may_not_say_this_kind) {
  for (std::uint8_t kind = 1; kind <= 13; ++kind) {
    for (std::uint8_t from = 1; from <= 6; ++from) {
      for (std::uint8_t to = 1; to <= 6; ++to) {
        Forgery f;
        f.kind = kind;
        f.queue = static_cast<std::uint8_t>(rule(kind)->queue);
        f.padded_size = 1024;
        f.role_from = from;
        f.role_to = to;
        const bool may = allows(rule(kind)->senders, static_cast<Role>(from)) &&
                         allows(rule(kind)->receivers, static_cast<Role>(to));
        EXPECT_EQ(received(f), may ? "forged" : "[bad_format]");
      }
    }
  }
}

TEST_F(Forged, T3_unknown_kinds) {
  for (std::uint8_t kind : std::initializer_list<std::uint8_t>{0, 14, 255}) {
    Forgery f;
    f.kind = kind;
    EXPECT_EQ(received(f), "[bad_format]") << int{kind};
  }
}

TEST_F(Forged, T3_another_direction) {
  Forgery f;
  f.dir = 1;
  EXPECT_EQ(received(f), "[cannot_open]");
}

TEST_F(Forged, T3_a_size_that_the_kind_does_not_have) {
  Forgery f;
  f.kind = 2;
  f.padded_size = 4096;
  EXPECT_EQ(received(f), "[bad_format]");
  f.padded_size = 1024;
  EXPECT_EQ(received(f), "forged");
  f.padded_size = 1023;
  EXPECT_EQ(received(f), "no session");
}

TEST_F(Forged, T15_header_of_another_version) {
  Forgery f;
  f.header_version = 2;
  EXPECT_EQ(received(f), "[bad_version]");
}

TEST_F(Forged, T25_reserved_bytes) {
  for (std::uint16_t reserved : std::initializer_list<std::uint16_t>{1, 0x100}) {
    Forgery f;
    f.reserved = reserved;
    EXPECT_EQ(received(f), "[bad_format]");
  }
}

TEST_F(Forged, T4_a_body_without_padding) {
  Forgery f;
  f.bad_padding = true;
  EXPECT_EQ(received(f), "[cannot_open]");
}

// Every bad encoding, and one with the top bit set on each.
TEST_F(Forged, T13_points_of_small_order_as_ratchet_key) {
  for (const char* point : bad_points) {
    for (const std::uint8_t top : std::initializer_list<std::uint8_t>{0x00, 0x80}) {
      const Bytes bytes = unhex(point);
      Forgery f;
      f.dh.emplace();
      std::copy(bytes.begin(), bytes.end(), f.dh->begin());
      f.dh->back() |= top;
      EXPECT_EQ(received(f), "[bad_public_key]") << point << " " << int{top};
    }
  }
}

TEST_F(Forged, T12_huge_numbers_cost_nothing_and_are_refused) {
  for (std::uint32_t n : {1001u, 0x7fffffffu, 0xfffffffeu, 0xffffffffu}) {
    Forgery f;
    f.n = n;
    EXPECT_EQ(received(f), "[limit]") << n;
  }
  Forgery most;
  most.n = 1000;
  EXPECT_EQ(received(most), "forged");
}

TEST_F(Forged, T12_a_first_chain_has_no_predecessor) {
  for (std::uint32_t pn : {1u, 1000u, 0xffffffffu}) {
    Forgery f;
    f.pn = pn;
    EXPECT_EQ(received(f), "[cannot_open]") << pn;
  }
}

TEST_F(Forged, a_ratchet_key_never_changes_within_a_chain) {
  const Bytes first = forger.frame({});
  Session s = answer(bo, alice, first).value();
  ASSERT_EQ(shown(read(s, first, {Role::participant, Role::mentor}, random)), "forged");
  Forgery f;
  f.n = 1;
  f.dh = Device(random).ik.public_key().bytes();
  EXPECT_EQ(shown(read(s, forger.frame(f), {Role::participant, Role::mentor}, random)),
            "[cannot_open]");
  f.dh.reset();
  EXPECT_EQ(shown(read(s, forger.frame(f), {Role::participant, Role::mentor}, random)), "forged");
}

TEST(Frame, sizes_are_exactly_as_specified) {
  Pair p(50);
  struct Row {
    std::size_t text;
    std::size_t size;  // without an init part
  };
  const Row rows[] = {{0, 507},     {255, 507},    {256, 1275},    {1023, 1275},   {1024, 4347},
                      {4095, 4347}, {4096, 16635}, {16383, 16635}, {16384, 65787}, {65535, 65787}};
  for (const Row& row : rows)
    EXPECT_EQ(p.from_a(std::string(row.text, 'x')).size(), row.size + 1139);
  ASSERT_EQ(shown(p.at_a(p.from_b("reply"))), "reply");
  for (const Row& row : rows) EXPECT_EQ(p.from_a(std::string(row.text, 'x')).size(), row.size);
  EXPECT_EQ(p.a.encrypt(by_participant(), Bytes(65536, 'x'), p.random).error(), Error::too_large);

  for (Kind kind : {Kind::receipt, Kind::alarm, Kind::checkin_note}) {
    for (std::size_t n : std::initializer_list<std::size_t>{0, 1, 255, 256, 1023})
      EXPECT_EQ(p.from_a(std::string(n, 'x'), kind).size(), 1275u);
    const SecretBytes before = p.a.pickle();
    EXPECT_EQ(p.a.encrypt(by_participant(kind), Bytes(1024, 'x'), p.random).error(),
              Error::too_large);
    EXPECT_TRUE(secret_equal(before.expose(), p.a.pickle().expose()));
  }
}

TEST(Frame, T34_a_sender_is_refused_what_its_role_may_not_say) {
  Pair p(51);
  const SecretBytes before = p.b.pickle();
  EXPECT_EQ(p.b.encrypt(to_participant(Kind::alarm), {}, p.random).error(), Error::bad_format);
  Outgoing what = to_participant();
  what.role_from = static_cast<Role>(7);
  EXPECT_EQ(p.b.encrypt(what, {}, p.random).error(), Error::bad_format);
  what = to_participant();
  what.kind = static_cast<Kind>(14);
  EXPECT_EQ(p.b.encrypt(what, {}, p.random).error(), Error::bad_format);
  EXPECT_TRUE(secret_equal(before.expose(), p.b.pickle().expose()));
}

TEST(Frame, T24_every_other_length_is_refused) {
  Pair p(52);
  ASSERT_EQ(shown(p.at_a(p.from_b("reply"))), "reply");
  Bytes frame = p.from_a("x");
  for (std::size_t n = 0; n < frame.size(); ++n)
    EXPECT_EQ(parse_frame(ByteView(frame).first(n)).error(), Error::bad_length) << n;
  frame.push_back(0);
  EXPECT_EQ(parse_frame(frame).error(), Error::bad_length);
  Bytes huge = frame;
  huge.resize(3 + 8 + 168 + 72 + 65536 + 1);
  EXPECT_EQ(parse_frame(huge).error(), Error::bad_length);
}

TEST(Frame, T25_reserved_flags_queues_and_versions) {
  Pair p(53);
  const Bytes frame = p.from_a("x");
  const auto with = [&frame](std::size_t at, std::uint8_t value) {
    Bytes altered = frame;
    altered[at] = value;
    return parse_frame(altered);
  };
  for (int v = 0; v < 256; ++v) {
    const auto b = static_cast<std::uint8_t>(v);
    if (v != 1) {
      EXPECT_EQ(with(0, b).error(), Error::bad_version);
    }
    if (v > 1) {
      EXPECT_EQ(with(1, b).error(), Error::bad_format);
    }
    if (v > 2) {
      EXPECT_EQ(with(2, b).error(), Error::bad_format);
    }
  }
}

}  // namespace
}  // namespace livlina::testing
