#include "clients/cli/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>

#include "clients/cli/failure.hpp"
#include "clients/cli/question.hpp"
#include "crypto/e2ee/vault.hpp"

namespace livlina::cli {

namespace {

constexpr std::size_t longest_pin = 256;

// One line of a file into wiped memory, without its end of line.
crypto::SecretBytes read_line(int fd) {
  crypto::SecretBytes out(longest_pin);
  std::size_t n = 0;
  while (n < longest_pin && ::read(fd, out.data() + n, 1) == 1 && out.data()[n] != '\n') ++n;
  if (n > 0 && out.data()[n - 1] == '\r') --n;
  out.truncate(n);
  return out;
}

// One answer at a terminal into wiped memory; nothing unless it was ended by Enter.
std::optional<crypto::SecretBytes> read_answer(const Question& question, int tty) {
  crypto::SecretBytes out(longest_pin);
  std::size_t n = 0;
  while (true) {
    const auto c = question.next(tty);
    if (!c) return std::nullopt;
    if (*c == '\n') break;
    if (n < longest_pin) out.data()[n++] = static_cast<std::uint8_t>(*c);
  }
  if (n > 0 && out.data()[n - 1] == '\r') --n;
  out.truncate(n);
  return out;
}

constexpr std::string_view pin_rule =
    "A PIN has six digits or more, or twelve characters. Choose another.\n";
constexpr std::string_view duress_rule =
    "The duress PIN is as long as the PIN, with at least two digits different. Choose another.\n";

bool good_pins(const crypto::SecretBytes& pin, const crypto::SecretBytes& duress) {
  return crypto::check_pins(pin.expose(), duress.expose()).ok();
}

// A file with a PIN is worth nothing when others read it. Pipes and descriptors are their maker's.
void need_private(int fd, const std::string& file) {
  struct stat info{};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return;
  const char* wrong = (info.st_mode & 077) != 0 ? " can be read by others. Run: chmod 600 "
                      : info.st_uid != ::geteuid() && info.st_uid != 0
                          ? " belongs to another user. Run as root: chown $USER "
                          : nullptr;
  if (wrong == nullptr) return;
  ::close(fd);
  throw Failure(Exit::locked, "The PIN file " + file + wrong + file, "open_to_others");
}

std::string coloured(const char* code, std::string_view text) {
  if (!stdout_has_colours()) return std::string(text);
  return std::string("\033[") + code + "m" + std::string(text) + "\033[0m";
}

}  // namespace

crypto::SecretBytes read_pin(const std::string& file, const std::string& question,
                             const std::string& option) {
  if (!file.empty()) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw Failure(Exit::usage, "The PIN file cannot be read: " + file, "pin_file");
    need_private(fd, file);
    crypto::SecretBytes pin = read_line(fd);
    ::close(fd);
    return pin;
  }
  const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (tty < 0)
    throw Failure(Exit::usage, "There is no terminal to ask for this PIN: use " + option + ".",
                  "no_terminal");
  const Question asked;
  termios before{};
  ::tcgetattr(tty, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(tty, TCSAFLUSH, &silent);
  (void)!::write(tty, question.data(), question.size());
  std::optional<crypto::SecretBytes> pin = read_answer(asked, tty);
  ::tcsetattr(tty, TCSAFLUSH, &before);
  (void)!::write(tty, "\n", 1);
  ::close(tty);
  if (!pin) not_answered();
  return std::move(*pin);
}

crypto::SecretBytes new_pin(const std::string& file, const std::string& option) {
  crypto::SecretBytes pin = read_pin(file, "New PIN (six digits or more): ", option);
  if (!file.empty()) return pin;
  while (!good_pins(pin, {})) {
    std::cerr << pin_rule;
    pin = read_pin("", "New PIN (six digits or more): ", option);
  }
  const crypto::SecretBytes again = read_pin("", "The same PIN again: ", option);
  if (!crypto::secret_equal(pin.expose(), again.expose()))
    throw Failure(Exit::usage, "The two PINs differ. Nothing was changed.", "bad_pin");
  return pin;
}

crypto::SecretBytes new_duress_pin(const std::string& file, const std::string& option,
                                   const crypto::SecretBytes& real) {
  constexpr const char* question =
      "Duress PIN (as long as the PIN, two digits different; Enter alone: you will have none): ";
  crypto::SecretBytes pin = read_pin(file, question, option + " or --no-duress-pin");
  if (!file.empty()) {
    if (pin.expose().empty())
      throw Failure(Exit::usage,
                    "The file " + file +
                        " is empty: there would be no duress PIN. Write one into it, or say "
                        "--no-duress-pin.",
                    "bad_pin");
    return pin;
  }
  while (good_pins(real, {}) && !good_pins(real, pin)) {
    std::cerr << duress_rule;
    pin = read_pin("", question, option);
  }
  if (pin.expose().empty()) {
    std::cerr << "You have no duress PIN. `livlina pin` sets one later.\n";
    return pin;
  }
  const crypto::SecretBytes again = read_pin("", "The same duress PIN again: ", option);
  if (!crypto::secret_equal(pin.expose(), again.expose()))
    throw Failure(Exit::usage, "The two duress PINs differ. Nothing was changed.", "bad_pin");
  return pin;
}

std::string read_words(const std::string& question) {
  if (stdin_is_terminal()) return typed(question, false);
  std::string line;
  std::getline(std::cin, line);
  return line;
}

std::string text_of_option(const std::string& value) {
  if (value != "-") return value;
  std::string text;
  if (stdin_is_terminal()) {
    text = typed("The text, ended by Ctrl-D on a line of its own:\n", true);
  } else {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

bool ask_yes_no(const std::string& question) {
  if (!stdin_is_terminal())
    throw Failure(Exit::usage, "Nobody can be asked here: say it with --yes or --no.",
                  "no_terminal");
  while (true) {
    std::string line = typed(question + " (yes/no) ", false);
    for (char& c : line)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (line == "yes" || line == "y") return true;
    if (line == "no" || line == "n") return false;
    std::cerr << "Type yes or no, then Enter.\n";
  }
}

bool stdin_is_terminal() { return ::isatty(STDIN_FILENO) != 0; }

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

bool stdout_has_colours() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  return stdout_is_terminal() && std::getenv("NO_COLOR") == nullptr;
}

std::string red(std::string_view text) { return coloured("31", text); }
std::string green(std::string_view text) { return coloured("32", text); }
std::string bold(std::string_view text) { return coloured("1", text); }

namespace {

// One character at `text[at]`: its code point, or nothing for a byte that is no UTF-8; `size`
// bytes.
struct Character {
  std::optional<char32_t> point;
  std::size_t size = 1;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > text.size()) return {};
  char32_t point = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3fu);
  }
  return {point, size};
}

struct Range {
  char32_t from, to;
};

bool in(char32_t point, std::span<const Range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& r) { return point >= r.from && point <= r.to; });
}

// What steers a terminal, or changes the direction in which a line is read.
constexpr Range steering[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},
                              {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x206f}};
// What ends a line somewhere.
constexpr Range breaks[] = {{0x0a, 0x0d}, {0x85, 0x85}, {0x2028, 0x2029}};
// What is not seen at all. The joiners among them have their use in a text, none in a name.
constexpr Range invisible[] = {{0xad, 0xad},      {0x180e, 0x180e}, {0x200b, 0x200d},
                               {0x2060, 0x2065},  {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
                               {0xe0000, 0xe0fff}};

// Nobody knows how wide a terminal draws them: counted as wide as can be.
std::size_t columns_of(const Character& c) { return c.point && *c.point < 0x300 ? 1 : 2; }

constexpr std::string_view mark = "\n    | ";
constexpr std::size_t mark_columns = 6;
constexpr std::size_t fewest_columns = 20;

}  // namespace

std::size_t screen_columns() {
  winsize size{};
  if (!stdout_is_terminal() || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    const bool bad =
        !c.point || in(*c.point, steering) || in(*c.point, breaks) || in(*c.point, invisible);
    const bool again = c.point == U' ' && !out.empty() && out.back() == ' ';
    if (!again) out += bad ? std::string_view("?") : text.substr(at, c.size);
    at += c.size;
  }
  return out;
}

std::string quoted(std::string_view text) { return quoted(text, screen_columns()); }

std::string quoted(std::string_view text, std::size_t columns) {
  const std::size_t width = columns == 0 ? 0 : std::max(columns, fewest_columns) - mark_columns;
  std::string out(mark);
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    const std::string_view bytes = text.substr(at, c.size);
    at += c.size;
    if (c.point && *c.point != '\r' && in(*c.point, breaks)) {
      out += mark;
      used = 0;
      continue;
    }
    const bool bad = !c.point || in(*c.point, steering);
    const std::size_t wide = bad ? 1 : columns_of(c);
    if (width != 0 && used + wide > width) {
      out += mark;
      used = 0;
    }
    out += bad ? std::string_view("?") : bytes;
    used += wide;
  }
  return out;
}

}  // namespace livlina::cli
