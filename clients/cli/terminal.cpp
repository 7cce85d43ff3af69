#include "clients/cli/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "clients/cli/failure.hpp"

namespace livlina::cli {

namespace {

constexpr std::size_t longest_pin = 256;

// One line of a descriptor into wiped memory, without its end of line.
crypto::SecretBytes read_line(int fd) {
  crypto::SecretBytes out(longest_pin);
  std::size_t n = 0;
  while (n < longest_pin && ::read(fd, out.data() + n, 1) == 1 && out.data()[n] != '\n') ++n;
  if (n > 0 && out.data()[n - 1] == '\r') --n;
  out.truncate(n);
  return out;
}

std::string coloured(const char* code, std::string_view text) {
  if (!stdout_is_terminal() || std::getenv("NO_COLOR") != nullptr) return std::string(text);
  return std::string("\033[") + code + "m" + std::string(text) + "\033[0m";
}

}  // namespace

crypto::SecretBytes read_pin(const std::string& file, const std::string& question) {
  if (!file.empty()) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw Failure(Exit::usage, "The PIN file cannot be read: " + file, "pin_file");
    crypto::SecretBytes pin = read_line(fd);
    ::close(fd);
    return pin;
  }
  const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (tty < 0)
    throw Failure(Exit::usage, "There is no terminal to ask for a PIN: use --pin-file.",
                  "no_terminal");
  termios before{};
  ::tcgetattr(tty, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(tty, TCSAFLUSH, &silent);
  (void)!::write(tty, question.data(), question.size());
  crypto::SecretBytes pin = read_line(tty);
  ::tcsetattr(tty, TCSAFLUSH, &before);
  (void)!::write(tty, "\n", 1);
  ::close(tty);
  return pin;
}

bool ask_yes_no(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0)
    throw Failure(Exit::usage, "Nobody can be asked here: say it with --yes or --no.",
                  "no_terminal");
  std::string line;
  while (true) {
    std::cerr << question << " (yes/no) " << std::flush;
    if (!std::getline(std::cin, line)) throw Failure(Exit::failed, "Not answered.", "cancelled");
    if (line == "yes") return true;
    if (line == "no") return false;
  }
}

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

std::string red(std::string_view text) { return coloured("31", text); }
std::string green(std::string_view text) { return coloured("32", text); }
std::string bold(std::string_view text) { return coloured("1", text); }

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C0 controls but the line feed, DEL, and C1 controls in UTF-8 (C2 80 to C2 9F).
    const bool c1 = c == 0xc2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(text[i + 1]) <= 0x9f;
    if ((c < 0x20 && c != '\n') || c == 0x7f)
      out.push_back('?');
    else if (c1) {
      out.push_back('?');
      ++i;
    } else
      out.push_back(text[i]);
  }
  return out;
}

}  // namespace livlina::cli
