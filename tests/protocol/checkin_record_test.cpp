#include "protocol/records/checkin_record.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

std::optional<Error> refusal(const CheckinRecord& r) {
  return why(verify_checkin(sign_checkin(r, owner()), owner().public_key()));
}

CheckinRecord sample_alarm() {
  CheckinRecord r = sample_checkin();
  r.type = RecordType::alarm;
  r.slot_utc = 0;
  r.answer = static_cast<std::uint8_t>(AlarmKind::loud);
  return r;
}
CheckinRecord sample_cancel() {
  CheckinRecord r = sample_alarm();
  r.type = RecordType::cancel;
  r.answer = 0;
  r.schedule = {};
  r.schedule[0] = 11;  // the alarm's seq; this record's is 12
  return r;
}

TEST(CheckinRecord, is_343_bytes_whatever_it_says) {
  for (const auto& r : {sample_checkin(), sample_alarm(), sample_cancel()}) {
    EXPECT_EQ(sign_checkin(r, owner()).size(), 343U);
    EXPECT_EQ(refusal(r), std::nullopt);
  }
}

TEST(CheckinRecord, types_and_answers_are_known) {
  CheckinRecord r = sample_checkin();
  for (int answer = 0; answer < 256; ++answer) {
    r.answer = static_cast<std::uint8_t>(answer);
    EXPECT_EQ(refusal(r).has_value(), answer < 1 || answer > 3) << answer;
  }
  r = sample_alarm();
  for (int answer = 0; answer < 256; ++answer) {
    r.answer = static_cast<std::uint8_t>(answer);
    EXPECT_EQ(refusal(r).has_value(), answer < 1 || answer > 3) << answer;
  }
  r = sample_cancel();
  for (int answer = 1; answer < 256; ++answer) {
    r.answer = static_cast<std::uint8_t>(answer);
    EXPECT_EQ(refusal(r), Error::bad_format) << answer;
  }
  r = sample_checkin();
  for (const int type : {0, 5, 6, 255}) {
    r.type = static_cast<RecordType>(type);
    EXPECT_EQ(refusal(r), Error::bad_format) << type;
  }
}

TEST(CheckinRecord, slot_and_schedule_fit_the_type) {
  CheckinRecord r = sample_checkin();
  r.slot_utc = 0;  // nothing was open, or not known on the phone
  r.schedule.fill(0xb1);
  EXPECT_EQ(refusal(r), std::nullopt);
  r.slot_utc = 5;
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_alarm();
  r.slot_utc = sample_now;
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_alarm();
  r.schedule[15] = 1;
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_cancel();
  r.schedule[8] = 1;
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_cancel();
  r.schedule[0] = 0;  // cancels nothing
  EXPECT_EQ(refusal(r), Error::bad_format);
  r.schedule[0] = 12;  // itself
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_cancel();
  r.type = RecordType::mistake;
  EXPECT_EQ(refusal(r), std::nullopt);
}

// A phone whose clock is years off still checks in and alarms; a seq or prev that does not fit is
// for the server to flag, not to refuse.
TEST(CheckinRecord, T28_a_wrong_clock_is_no_reason_to_refuse) {
  CheckinRecord r = sample_alarm();
  for (const Instant t : {Instant{0}, Instant{-1}, Instant{253402300800000}}) {
    r.claimed_at = t;
    EXPECT_EQ(refusal(r), std::nullopt) << t;
  }
  for (const Instant t : {std::numeric_limits<Instant>::max(), std::numeric_limits<Instant>::min(),
                          Instant{1} << 53}) {
    r.claimed_at = t;
    EXPECT_EQ(refusal(r), Error::bad_dates) << t;
  }
  r = sample_alarm();
  r.seq = 0;
  EXPECT_EQ(refusal(r), Error::bad_format);
  r.seq = 1;
  EXPECT_EQ(refusal(r), std::nullopt);
  r.seq = std::numeric_limits<std::uint64_t>::max();
  r.prev = {};
  EXPECT_EQ(refusal(r), std::nullopt);
}

TEST(CheckinRecord, H33_another_devices_signature_does_not_check_in) {
  const Bytes record = sign_checkin(sample_checkin(), sign_key(0x70));
  EXPECT_EQ(why(verify_checkin(record, owner().public_key())), Error::bad_signature);
}

TEST(CheckinRecord, peek_tells_the_device_without_trust) {
  const Bytes record = sign_checkin(sample_checkin(), owner());
  EXPECT_EQ(*peek_device(record), device_of(0x01, 0x21).id);
  EXPECT_FALSE(peek_device(ByteView(record).first(342)).ok());
  EXPECT_FALSE(peek_device({}).ok());
  Bytes longer = record;
  longer.push_back(0);
  EXPECT_EQ(why(peek_device(longer)), Error::too_large);
}

TEST(RecordReply, I10_every_reply_is_64_bytes_and_strict) {
  for (const auto status : {RecordStatus::received, RecordStatus::not_open}) {
    const RecordReply reply{status, 9, sample_now, sample_now + hour};
    const Bytes bytes = encode(reply);
    ASSERT_EQ(bytes.size(), 64U);
    const auto back = parse_record_reply(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->status, status);
    EXPECT_EQ(back->seq, 9U);
    EXPECT_EQ(back->received_at, sample_now);
    EXPECT_EQ(back->next_due, sample_now + hour);
    for (std::size_t i = 25; i < 64; ++i) {
      Bytes changed = bytes;
      changed[i] = 1;
      EXPECT_FALSE(parse_record_reply(changed).ok()) << i;
    }
    EXPECT_FALSE(parse_record_reply(ByteView(bytes).first(63)).ok());
  }
  Bytes unknown = encode(RecordReply{});
  for (const std::uint8_t status : {std::uint8_t{0}, std::uint8_t{3}, std::uint8_t{255}}) {
    unknown[0] = status;
    EXPECT_EQ(why(parse_record_reply(unknown)), Error::bad_format);
  }
}

TEST(NoteRef, binds_salt_and_note) {
  const auto a = note_ref(hash_of(1), view(std::string_view("well")));
  EXPECT_NE(a, note_ref(hash_of(2), view(std::string_view("well"))));
  EXPECT_NE(a, note_ref(hash_of(1), view(std::string_view("bad"))));
}

}  // namespace
}  // namespace livlina::testing
