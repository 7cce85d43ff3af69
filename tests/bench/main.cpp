// livlina_bench: measures the server and prints each figure beside its floor and its goal.
#include <CLI/CLI.hpp>
#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "crypto/core/random.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/link.hpp"
#include "tests/bench/subjects.hpp"

namespace {

using namespace livlina::bench;

struct Subject {
  const char* name;
  void (*measure)(const Scale&, Report&);
};
constexpr std::array subjects{
    Subject{"acks", measure_acks},     Subject{"steady", measure_steady},
    Subject{"idle", measure_idle},     Subject{"handshakes", measure_handshakes},
    Subject{"crypto", measure_crypto}, Subject{"misses", measure_misses},
};

// Every figure is a number above 0, but counts of what may not have happened.
void check_sane(const Report& report) {
  if (report.figures().empty()) throw Failed("no figures");
  for (const Figure& f : report.figures())
    if (!(f.value >= 0) || f.value > 1e12 || (f.floor && !(*f.floor > 0)))
      throw Failed("not a sane figure: " + f.name);
}

int run(const Scale& scale, const std::vector<std::string>& names, bool json) {
  (void)livlina::crypto::init();
  raise_descriptors();
  end_on_signals();
  Report report;
  for (const Subject& s : subjects) {
    if (!names.empty() && std::find(names.begin(), names.end(), s.name) == names.end()) continue;
    say(std::string(s.name) + " (" + scale.name + ")");
    s.measure(scale, report);
  }
  check_sane(report);
  std::cout << (json ? report.json(scale.name) + "\n" : report.table());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures livlina-server on this machine: it starts what it needs and ends it."};
  bool want_quick = false, want_full = false, want_check = false, json = false;
  std::vector<std::string> names;
  app.add_flag("--quick", want_quick, "short windows (the default)");
  app.add_flag("--full", want_full, "long windows and the full numbers");
  app.add_flag("--self-check", want_check, "tiny sizes: only that all of it works");
  app.add_flag("--json", json, "one JSON value instead of the table");
  std::vector<std::string> known;
  for (const Subject& s : subjects) known.emplace_back(s.name);
  app.add_option("NAME", names, "what to measure; all of it without")->check(CLI::IsMember(known));
  CLI11_PARSE(app, argc, argv);
  try {
    return run(want_check ? check() : want_full ? full() : quick(), names, json);
  } catch (const std::exception& e) {
    std::cerr << "livlina_bench: " << e.what() << "\n";
    return 1;
  }
}
