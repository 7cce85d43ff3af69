// Secrets and comparisons as words that people can say, type and compare aloud.
#pragma once

#include <string>
#include <vector>

#include "crypto/core/hash.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

enum class Language : std::uint8_t { english = 1, swedish = 2 };

[[nodiscard]] const std::array<std::string_view, 2048>& english_words();
[[nodiscard]] const std::array<std::string_view, 2048>& swedish_words();

// Twelve words for 16 bytes: the bytes, then the first 4 bits of their SHA-256, 11 bits a word.
[[nodiscard]] std::vector<std::string> invite_words(Language language, const Secret<16>& s);
// The 16 bytes of twelve words separated by spaces or hyphens, upper or lower case, with or without
// Swedish dots, each possibly cut to its first four letters. The language is found by trying.
// bad_words: a word not on the list, not twelve, or wrong check bits.
[[nodiscard]] Result<Secret<16>> parse_invite_words(std::string_view words);
// Why twelve words are none, so that a person can mend them: judged by the list that knows more of
// them.
struct WordsFault {
  std::size_t count = 0;  // of the words; twelve are wanted
  std::size_t wrong = 0;  // the first that is on neither list, from 1; 0: all are known
  std::string word;       // that word as it was typed
};
// Of words that parse_invite_words refuses. With twelve known words one of them is another word.
[[nodiscard]] WordsFault words_fault(std::string_view words);
// Six safety words: the first 66 bits of HKDF(0, TX, "livlina/1/words", 9), 11 bits a word.
[[nodiscard]] std::vector<std::string> safety_words(Language language, const Hash& tx);

}  // namespace livlina::crypto
