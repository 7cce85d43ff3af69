#include "tests/bench/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

namespace livlina::bench {

namespace {

constexpr double busy = 0.5;  // processes that ran in the last minute

// Three significant digits at least, no more than are meant.
std::string number(double v) {
  std::array<char, 40> text{};
  const char* form = v >= 100 || v == 0 ? "%.0f" : v >= 10 ? "%.1f" : v >= 1 ? "%.2f" : "%.3f";
  (void)std::snprintf(text.data(), text.size(), form, v);
  return text.data();
}

std::string padded(std::string s, std::size_t width, bool right) {
  if (s.size() < width) s.insert(right ? 0 : s.size(), width - s.size(), ' ');
  return s;
}

std::string goal_text(const Figure& f) {
  if (!f.goal) return "";
  const char* sign = f.goal->kind == Goal::Kind::at_least ? ">= " : "<= ";
  return sign + number(f.goal->bound) + (f.goal->of == "goal" ? "" : " (" + f.goal->of + ")");
}

std::vector<std::string> cells(const Figure& f) {
  const auto met = f.met();
  return {f.subject,
          f.name,
          number(f.value) + " " + f.unit,
          f.floor ? number(*f.floor) : "",
          f.floor && *f.floor > 0 ? number(f.value / *f.floor) : "",
          goal_text(f),
          met ? (*met ? "met" : "missed") : ""};
}

}  // namespace

std::optional<bool> Figure::met() const {
  if (!goal) return std::nullopt;
  return goal->kind == Goal::Kind::at_least ? value >= goal->bound : value <= goal->bound;
}

double Samples::percentile(double p) {
  if (all_.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(p / 100 * static_cast<double>(all_.size() - 1));
  std::nth_element(all_.begin(), all_.begin() + at, all_.end());
  return static_cast<double>(all_[static_cast<std::size_t>(at)]) / 1000;
}

Report::Report() {
  (void)::getloadavg(&load_, 1);
  if (load_ > busy) say("the machine is busy with something else: only ratios mean something");
}

void Report::add(Figure figure) {
  say("  " + figure.subject + ": " + figure.name + ": " + number(figure.value) + " " + figure.unit);
  figures_.push_back(std::move(figure));
}

std::string Report::table() const {
  std::vector<std::vector<std::string>> rows{
      {"subject", "what", "figure", "floor", "ratio", "goal", ""}};
  for (const Figure& f : figures_) rows.push_back(cells(f));
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out = "cores: " + std::to_string(std::thread::hardware_concurrency()) +
                    "; load of the machine at the start: " + number(load_) +
                    (load_ > busy ? " (busy: only ratios mean something)\n" : "\n");
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += padded(row[i], widths[i], i == 2 || i == 3 || i == 4) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string Report::json(const std::string& mode) const {
  nlohmann::ordered_json out;
  out["mode"] = mode;
  out["cores"] = std::thread::hardware_concurrency();
  out["load_at_start"] = load_;
  out["figures"] = nlohmann::ordered_json::array();
  for (const Figure& f : figures_) {
    nlohmann::ordered_json one{
        {"subject", f.subject}, {"name", f.name}, {"value", f.value}, {"unit", f.unit}};
    if (f.floor) one["floor"] = *f.floor;
    if (f.goal) {
      one[f.goal->kind == Goal::Kind::at_least ? "at_least" : "at_most"] = f.goal->bound;
      one["bound_from"] = f.goal->of;
      one["met"] = *f.met();
    }
    out["figures"].push_back(std::move(one));
  }
  return out.dump(2);
}

void say(const std::string& what) { std::cerr << what << std::endl; }

}  // namespace livlina::bench
