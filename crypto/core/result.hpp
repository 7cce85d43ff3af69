// Result<T, E>: a value or the reason why there is none, for code without exceptions.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include "crypto/core/error.hpp"

namespace livlina {

// Holds either a T or an E. value() on a failure ends the process: a wrong call is a bug that must
// not go on with garbage. No thread safety of its own.
template <class T, class E>
class [[nodiscard]] BasicResult {
 public:
  BasicResult(T value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  BasicResult(E error) : held_(std::in_place_index<1>, error) {}             // NOLINT: implicit

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { return checked(); }
  [[nodiscard]] const T& value() const& { return const_cast<BasicResult*>(this)->checked(); }
  [[nodiscard]] T&& value() && { return std::move(checked()); }
  [[nodiscard]] T& operator*() & { return checked(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(checked()); }
  [[nodiscard]] T* operator->() { return &checked(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  // Only after ok() said false.
  [[nodiscard]] E error() const {
    if (ok()) std::abort();
    return *std::get_if<1>(&held_);
  }

 private:
  T& checked() {
    if (!ok()) std::abort();
    return *std::get_if<0>(&held_);
  }
  std::variant<T, E> held_;
};

struct Unit {};

namespace crypto {
template <class T>
using Result = BasicResult<T, Error>;
using Status = BasicResult<Unit, Error>;
inline Status done() { return Unit{}; }
}  // namespace crypto

}  // namespace livlina

// Leaves the enclosing function with the error of `expr`, or names its value.
#define LIVLINA_CAT2(a, b) a##b
#define LIVLINA_CAT(a, b) LIVLINA_CAT2(a, b)
#define LIVLINA_TRY(name, expr)                                                      \
  auto LIVLINA_CAT(try_, __LINE__) = (expr);                                         \
  if (!LIVLINA_CAT(try_, __LINE__).ok()) return LIVLINA_CAT(try_, __LINE__).error(); \
  auto name = std::move(LIVLINA_CAT(try_, __LINE__)).value()
#define LIVLINA_CHECK(expr)                                  \
  do {                                                       \
    auto livlina_status = (expr);                            \
    if (!livlina_status.ok()) return livlina_status.error(); \
  } while (false)
