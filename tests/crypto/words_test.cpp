// Words for secrets and comparisons, and the lists they come from.
#include "crypto/e2ee/words.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::Language;
using crypto::Secret;

using WordList = std::array<std::string_view, 2048>;

// The letters of a word, Swedish ones as two bytes each.
std::vector<std::string> letters(std::string_view word) {
  std::vector<std::string> out;
  for (const char c : word) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80 && !out.empty())
      out.back().push_back(c);
    else
      out.emplace_back(1, c);
  }
  return out;
}

std::string bare(std::string_view word) {
  std::string out;
  for (const std::string& letter : letters(word))
    out += letter == "å" || letter == "ä" ? "a" : letter == "ö" ? "o" : letter;
  return out;
}

std::string joined(const std::vector<std::string>& words, const std::string& separator = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : separator) + word;
  return out;
}

std::vector<std::string> at(const WordList& list, std::initializer_list<std::size_t> places) {
  std::vector<std::string> out;
  for (const std::size_t place : places) out.emplace_back(list[place]);
  return out;
}

Secret<16> counting() { return Secret<16>(unhex("000102030405060708090a0b0c0d0e0f")); }

std::string parsed(std::string_view phrase) {
  const auto s = crypto::parse_invite_words(phrase);
  return s.ok() ? hex(s->expose()) : std::string(name(s.error()));
}

class WordLists : public ::testing::TestWithParam<Language> {
 protected:
  const WordList& list() const {
    return GetParam() == Language::english ? crypto::english_words() : crypto::swedish_words();
  }
};
INSTANTIATE_TEST_SUITE_P(Both, WordLists, ::testing::Values(Language::english, Language::swedish));

TEST_P(WordLists, four_folded_letters_tell_all_words_apart) {
  std::set<std::string> words;
  std::set<std::string> prefixes;
  for (const std::string_view word : list()) {
    words.insert(bare(word));
    prefixes.insert(bare(word).substr(0, 4));
  }
  EXPECT_EQ(words.size(), 2048u);
  EXPECT_EQ(prefixes.size(), 2048u);
}

TEST_P(WordLists, words_are_sorted_short_and_small) {
  std::string previous;
  for (const std::string_view word : list()) {
    EXPECT_LT(previous, bare(word));
    previous = bare(word);
    const std::size_t length = letters(word).size();
    EXPECT_TRUE(length >= 3 && length <= 8) << word;
    EXPECT_TRUE(std::all_of(previous.begin(), previous.end(), [](char c) {
      return c >= 'a' && c <= 'z';
    })) << word;
  }
}

TEST_P(WordLists, every_word_comes_back_whole_and_cut) {
  for (std::size_t i = 0; i < 2048; ++i) {
    // The word at place i first, the check bits wherever they fall.
    Secret<16> s;
    s.data()[0] = static_cast<std::uint8_t>(i >> 3);
    s.data()[1] = static_cast<std::uint8_t>(i << 5);
    const auto words = crypto::invite_words(GetParam(), s);
    ASSERT_EQ(words.size(), 12u);
    ASSERT_EQ(words[0], list()[i]);
    if (i % 16 != 0) continue;  // parsing all would take seconds
    std::vector<std::string> cut;
    for (const std::string& word : words) cut.push_back(bare(word).substr(0, 4));
    ASSERT_EQ(parsed(joined(words)), hex(s.expose()));
    ASSERT_EQ(parsed(joined(cut, "-")), hex(s.expose()));
  }
}

TEST_P(WordLists, random_secrets_come_back) {
  SeededRandom random(1);
  for (int i = 0; i < 50; ++i) {
    const auto s = random.secret<16>();
    EXPECT_EQ(parsed(joined(crypto::invite_words(GetParam(), s))), hex(s.expose()));
  }
}

TEST_P(WordLists, T19_a_wrong_word_fails_on_the_check_bits_fifteen_times_in_sixteen) {
  const auto words = crypto::invite_words(GetParam(), counting());
  int found = 0;
  int other = 0;
  for (std::size_t i = 0; i < 2048; i += 8) {
    auto wrong = words;
    wrong[5] = list()[i];
    const std::string result = parsed(joined(wrong));
    if (result != "bad_words") ++found;
    if (wrong[5] != words[5]) ++other;
  }
  EXPECT_GT(other, 250);
  EXPECT_LT(found, 40);  // 16 expected
  EXPECT_GT(found, 2);
}

// Computed apart from this code; see protocol/spec/e2ee.md.
TEST(Words, invite_words_vectors) {
  const WordList& list = crypto::english_words();
  EXPECT_EQ(crypto::invite_words(Language::english, counting()),
            at(list, {0, 64, 1030, 64, 643, 28, 257, 266, 88, 771, 540, 251}));
  EXPECT_EQ(crypto::invite_words(Language::english, Secret<16>()),
            at(list, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}));
  EXPECT_EQ(crypto::invite_words(Language::swedish, Secret<16>(Bytes(16, 0xff))),
            at(crypto::swedish_words(),
               {2047, 2047, 2047, 2047, 2047, 2047, 2047, 2047, 2047, 2047, 2047, 2037}));
}

TEST(Words, safety_words_vector) {
  crypto::Hash tx;
  const Bytes bytes = unhex("99dcf142ca113cf044aa818b1f8bb81a7caa1aed0a604c3dc1bb650a52ee84b5");
  std::copy(bytes.begin(), bytes.end(), tx.begin());
  EXPECT_EQ(crypto::safety_words(Language::english, tx),
            at(crypto::english_words(), {724, 1373, 1681, 67, 1876, 1681}));
  EXPECT_EQ(crypto::safety_words(Language::swedish, tx),
            at(crypto::swedish_words(), {724, 1373, 1681, 67, 1876, 1681}));
}

TEST(Words, case_dots_and_separators_do_not_matter) {
  const WordList& list = crypto::swedish_words();
  // A phrase with å, ä and ö in it.
  SeededRandom random(3);
  std::string phrase;
  std::string secret;
  for (int i = 0; i < 200; ++i) {
    const auto s = random.secret<16>();
    phrase = joined(crypto::invite_words(Language::swedish, s));
    secret = hex(s.expose());
    if (phrase.find("å") != std::string::npos && phrase.find("ä") != std::string::npos &&
        phrase.find("ö") != std::string::npos)
      break;
  }
  ASSERT_NE(phrase.find("å"), std::string::npos);
  const auto replaced = [&phrase](const std::string& ring, const std::string& dots,
                                  const std::string& o) {
    std::string out;
    for (const std::string& letter : letters(phrase))
      out += letter == "å" ? ring : letter == "ä" ? dots : letter == "ö" ? o : letter;
    return out;
  };
  EXPECT_EQ(parsed(phrase), secret);
  EXPECT_EQ(parsed(bare(phrase)), secret);
  EXPECT_EQ(parsed(replaced("Å", "Ä", "Ö")), secret);
  EXPECT_EQ(parsed(replaced("a\u030a", "a\u0308", "o\u0308")), secret);  // decomposed
  EXPECT_EQ(parsed(replaced("a", "e", "o")), "bad_words");
  std::string upper = bare(phrase);
  for (char& c : upper) c = static_cast<char>(c == ' ' ? '-' : c - 32 * (c >= 'a' ? 1 : 0));
  EXPECT_EQ(parsed(upper), secret);
  EXPECT_EQ(parsed("  " + phrase + " \n"), secret);
  EXPECT_EQ(list.size(), 2048u);
}

TEST(Words, accents_of_typed_words_are_dropped) {
  auto words = crypto::invite_words(Language::english, counting());
  for (std::string& word : words) {
    const auto e = word.find('e');
    if (e != std::string::npos) word.replace(e, 1, e == 0 ? "É" : "é");
  }
  EXPECT_NE(joined(words).find("é"), std::string::npos);
  EXPECT_EQ(parsed(joined(words)), hex(counting().expose()));
}

TEST(Words, bad_phrases_are_refused) {
  const auto words = crypto::invite_words(Language::english, counting());
  EXPECT_EQ(parsed(""), "bad_words");
  EXPECT_EQ(parsed("- - -"), "bad_words");
  auto eleven = words;
  eleven.pop_back();
  EXPECT_EQ(parsed(joined(eleven)), "bad_words");
  auto thirteen = words;
  thirteen.push_back(words[0]);
  EXPECT_EQ(parsed(joined(thirteen)), "bad_words");
  auto swapped = words;
  std::swap(swapped[3], swapped[4]);
  EXPECT_EQ(parsed(joined(swapped)), "bad_words");
  EXPECT_EQ(parsed(joined(words, ",")), "bad_words");
  const auto with = [&words](std::size_t i, const std::string& word) {
    auto altered = words;
    altered[i] = word;
    return parsed(joined(altered));
  };
  const std::string& long_word =
      *std::find_if(words.begin(), words.end(), [](const auto& w) { return w.size() >= 6; });
  const auto place = static_cast<std::size_t>(&long_word - words.data());
  EXPECT_EQ(with(place, long_word.substr(0, 4)), hex(counting().expose()));
  EXPECT_EQ(with(place, long_word.substr(0, 5)), hex(counting().expose()));
  EXPECT_EQ(with(place, long_word.substr(0, 3)), "bad_words");
  EXPECT_EQ(with(place, long_word + "x"), "bad_words");
  EXPECT_EQ(with(place, long_word.substr(0, 4) + "q"), "bad_words");
  EXPECT_EQ(with(0, "\xc3"), "bad_words");          // half a character
  EXPECT_EQ(with(0, "\xff\xfe\xfd"), "bad_words");  // none at all
  EXPECT_EQ(with(0, "b\u00fc"), "bad_words");       // not a letter of the lists
}

TEST(Words, the_one_that_is_wrong_is_named) {
  const auto words = crypto::invite_words(crypto::Language::swedish, crypto::Secret<16>());
  std::string good;
  for (const std::string& word : words) good += (good.empty() ? "" : " ") + word;
  EXPECT_EQ(crypto::words_fault(good).count, 12U);
  EXPECT_EQ(crypto::words_fault(good).wrong, 0U);
  const auto fault = crypto::words_fault(good.substr(0, good.rfind(' ')) + " Qwertz");
  EXPECT_EQ(fault.wrong, 12U);
  EXPECT_EQ(fault.word, "Qwertz");
  const auto neither = crypto::words_fault("qwertz asdfgh");
  EXPECT_EQ(neither.wrong, 1U);
  EXPECT_EQ(neither.word, "qwertz");
  EXPECT_EQ(crypto::words_fault("").count, 0U);
  EXPECT_EQ(crypto::words_fault("  one two-three ").count, 3U);
}

}  // namespace
}  // namespace livlina::testing
