// What was measured, beside its floor and its goal: a table for people, one JSON value for
// programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace livlina::bench {

// What a figure should be; `of`: where the bound comes from ("goal", "Redis in this run").
struct Goal {
  enum class Kind : std::uint8_t { at_least, at_most };
  Kind kind = Kind::at_least;
  double bound = 0;
  std::string of = "goal";
};

struct Figure {
  std::string subject;  // "acks"
  std::string name;     // "acknowledged a second, 10 connections"
  double value = 0;
  std::string unit;
  std::optional<double> floor{};  // the same work without the server, in the same run
  std::optional<Goal> goal{};
  [[nodiscard]] std::optional<bool> met() const;
};

// Latencies in nanoseconds, sorted by percentile().
class Samples {
 public:
  void add(std::uint64_t ns) { all_.push_back(ns); }
  void add(const Samples& more) { all_.insert(all_.end(), more.all_.begin(), more.all_.end()); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  // In microseconds; 0 without samples.
  [[nodiscard]] double percentile(double p);

 private:
  std::vector<std::uint64_t> all_;
};

class Report {
 public:
  Report();  // looks at the load of the machine before anything of the benchmark runs
  void add(Figure figure);  // also a line on the error stream, so that a long run shows where it is
  [[nodiscard]] const std::vector<Figure>& figures() const { return figures_; }
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json(const std::string& mode) const;

 private:
  double load_ = 0;
  std::vector<Figure> figures_;
};

// A line of progress on the error stream.
void say(const std::string& what);

}  // namespace livlina::bench
