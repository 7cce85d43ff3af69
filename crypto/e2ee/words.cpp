#include "crypto/e2ee/words.hpp"

#include <optional>
#include <span>

namespace livlina::crypto {

namespace {

constexpr std::string_view safety_tag = "livlina/1/words";
constexpr ByteArray<32> no_salt{};
constexpr std::size_t phrase_words = 12;
constexpr std::size_t safety_count = 6;
constexpr std::size_t shortest_cut = 4;  // the lists have no two words with the same four letters

using WordList = std::array<std::string_view, 2048>;

const WordList& list(Language language) {
  return language == Language::swedish ? swedish_words() : english_words();
}

// The n-th group of 11 bits, first byte and highest bit first. `bits` reaches far enough.
std::size_t eleven_bits(ByteView bits, std::size_t n) {
  std::size_t out = 0;
  for (std::size_t i = n * 11; i < (n + 1) * 11; ++i)
    out = out << 1 | (bits[i / 8] >> (7 - i % 8) & 1u);
  return out;
}

void set_eleven_bits(std::span<std::uint8_t> bits, std::size_t n, std::size_t value) {
  for (std::size_t i = 0; i < 11; ++i) {
    const std::size_t at = n * 11 + i;
    const std::size_t bit = value >> (10 - i) & 1u;
    bits[at / 8] = static_cast<std::uint8_t>(bits[at / 8] | bit << (7 - at % 8));
  }
}

// The four check bits, in the upper half of a byte as they follow the secret.
std::uint8_t check_bits(ByteView secret) {
  return static_cast<std::uint8_t>(sha256(secret)[0] & 0xf0);
}

// The letter that a two-byte UTF-8 character counts as: a dotted or accented letter of the lists
// becomes its bare one, a combining ring, diaeresis or acute nothing; '?' is on no list.
std::string_view bare_letter(std::uint8_t lead, std::uint8_t next) {
  if (lead == 0xcc) return next == 0x8a || next == 0x88 || next == 0x81 ? "" : "?";
  if (lead != 0xc3) return "?";
  switch (next | 0x20) {  // capitals are 0x20 below the small letters
    case 0xa5:            // å
    case 0xa4:            // ä
      return "a";
    case 0xb6:  // ö
      return "o";
    case 0xa9:  // é
      return "e";
    default:
      return "?";
  }
}

// Lower case, without dots and accents, so that any keyboard will do.
std::string fold(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(word[i]);
    if (c >= 0x80) {
      const bool pair = i + 1 < word.size();
      out += bare_letter(c, pair ? static_cast<std::uint8_t>(word[i + 1]) : std::uint8_t{0});
      ++i;
    } else {
      out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
  }
  return out;
}

// The place of a folded word, whole or cut to four letters or more.
std::optional<std::size_t> find(const WordList& words, std::string_view folded) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = fold(words[i]);
    if (word == folded) return i;
    if (folded.size() >= shortest_cut && word.starts_with(folded)) return i;
  }
  return std::nullopt;
}

bool separates(char c) { return c == ' ' || c == '-' || c == '\t' || c == '\n' || c == '\r'; }

std::vector<std::string_view> split(std::string_view phrase) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= phrase.size(); ++i) {
    if (i < phrase.size() && !separates(phrase[i])) continue;
    if (i > start) out.push_back(phrase.substr(start, i - start));
    start = i + 1;
  }
  return out;
}

std::vector<std::string> split_folded(std::string_view phrase) {
  std::vector<std::string> out;
  for (const std::string_view word : split(phrase)) out.push_back(fold(word));
  return out;
}

std::optional<Secret<16>> parse_in(const WordList& words, const std::vector<std::string>& folded) {
  Secret<17> bits;
  for (std::size_t n = 0; n < phrase_words; ++n) {
    const auto place = find(words, folded[n]);
    if (!place) return std::nullopt;
    set_eleven_bits({bits.data(), bits.size}, n, *place);
  }
  const ByteView secret = bits.expose().first(16);
  if (bits.expose()[16] != check_bits(secret)) return std::nullopt;
  return Secret<16>(secret);
}

std::vector<std::string> spell(Language language, ByteView bits, std::size_t count) {
  std::vector<std::string> out;
  out.reserve(count);
  for (std::size_t n = 0; n < count; ++n) out.emplace_back(list(language)[eleven_bits(bits, n)]);
  return out;
}

}  // namespace

std::vector<std::string> invite_words(Language language, const Secret<16>& s) {
  Secret<17> bits;
  std::memcpy(bits.data(), s.data(), 16);
  bits.data()[16] = check_bits(s.expose());
  return spell(language, bits.expose(), phrase_words);
}

Result<Secret<16>> parse_invite_words(std::string_view words) {
  const std::vector<std::string> folded = split_folded(words);
  if (folded.size() != phrase_words) return Error::bad_words;
  for (const Language language : {Language::english, Language::swedish})
    if (auto s = parse_in(list(language), folded)) return std::move(*s);
  return Error::bad_words;
}

WordsFault words_fault(std::string_view words) {
  const std::vector<std::string_view> typed = split(words);
  WordsFault out{typed.size(), 0, {}};
  std::size_t most = 0;
  bool first = true;
  for (const Language language : {Language::english, Language::swedish}) {
    std::size_t known = 0;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < typed.size(); ++i) {
      if (find(list(language), fold(typed[i])))
        ++known;
      else if (wrong == 0)
        wrong = i + 1;
    }
    if (!first && known <= most) continue;
    first = false;
    most = known;
    out.wrong = wrong;
    out.word = wrong == 0 ? std::string() : std::string(typed[wrong - 1]);
  }
  return out;
}

std::vector<std::string> safety_words(Language language, const Hash& tx) {
  const Secret<9> bits = hkdf<9>(no_salt, tx, view(safety_tag));
  return spell(language, bits.expose(), safety_count);
}

}  // namespace livlina::crypto
