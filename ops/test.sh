#!/usr/bin/env bash
# Installs what is missing, builds, runs every test and prints the counts.
#   ops/test.sh            Debug build with clang, all tests
#   ops/test.sh --asan     the same tests under the address and undefined-behaviour sanitizers
#   ops/test.sh --gcc      the same tests built by g++ 12
#   ops/test.sh --tsan     the same tests under the thread sanitizer
#   ops/test.sh --tidy     clang-format over everything, clang-tidy over everything that is shipped
#   ops/test.sh --fuzz [N] every fuzz target for N seconds (60)
#   ops/test.sh --coverage which lines of what lives depend on no test reaches, by file
#   ops/test.sh --wasm     what clients share as WebAssembly in Node, alone and with native clients
#   ops/test.sh --kills [N]  the server killed at N seeded points (1000), its power cut as often, the command
#                          line killed at N / 5; the plain run has 200, 200 and up to 40
#   ops/test.sh --all      all of these
set -euo pipefail
cd "$(dirname "$0")/.."
. ops/lib/install.sh
. ops/lib/wasm.sh

usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; }
presets=(dev) tidy=no fuzz=0 wasm=no coverage=no kills=0
case "${1:-}" in
  "") ;;
  --asan) presets=(asan-ubsan) ;;
  --gcc) presets=(gcc) ;;
  --tsan) presets=(tsan) ;;
  --tidy) presets=() tidy=yes ;;
  --fuzz) presets=() fuzz=${2:-60} ;;
  --coverage) presets=() coverage=yes ;;
  --wasm) presets=() wasm=yes ;;
  --kills) presets=() kills=${2:-1000} ;;
  --all) presets=(dev asan-ubsan gcc tsan) tidy=yes fuzz=60 wasm=yes coverage=yes kills=1000 ;;
  -h|--help) usage; exit 0 ;;
  *) echo "ops/test.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
esac

[ "$wasm" = no ] || livlina_packages+=("${livlina_wasm_packages[@]}")
livlina_install
export LIVLINA_VECTORS=${LIVLINA_VECTORS:-$PWD/../shared/vectors}
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
if [ -d "$LIVLINA_VECTORS" ]; then
  echo "Third-party vectors: $LIVLINA_VECTORS"
else
  echo "Third-party vectors: not found at $LIVLINA_VECTORS; their tests are skipped (set LIVLINA_VECTORS)."
fi

# The counts that the tests of the vectors themselves printed and asserted. Where they are required
# (LIVLINA_REQUIRE_VECTORS), it is a failure when one of the five files was not among them.
vectors_that_ran() {
  local ran
  ran=$(grep -h '^vectors:' "$1" || true)
  [ -z "$ran" ] || printf '%s\n' "$ran"
  echo "vectors: RFC 5869, 7748, 8032: $(grep -cE '^[0-9]+/[0-9]+ Test: Rfc' "$1" || true) tests ran"
  [ -z "${LIVLINA_REQUIRE_VECTORS:-}" ] || [ "$(printf '%s\n' "$ran" | grep -c ' cases ran$')" -ge 5 ] || {
    echo "ops/test.sh: not all files of third-party vectors ran" >&2
    return 1
  }
}

for preset in "${presets[@]}"; do
  begin=$SECONDS
  livlina_build "$preset"
  echo "== $preset: built in $((SECONDS - begin)) s"
  begin=$SECONDS
  ctest --test-dir "build/$preset" --output-on-failure -j2 --no-tests=error --timeout 900 |
    sed -u -e '/^ *[0-9]*\/[0-9]* Test .* Passed /d' -e '/^ *Start /d'
  echo "== $preset: tested in $((SECONDS - begin)) s"
  vectors_that_ran "build/$preset/Testing/Temporary/LastTest.log"
done

# The same tests as in every run, at more points; each prints its seeds and counts.
if [ "$kills" -gt 0 ]; then
  begin=$SECONDS
  livlina_build dev test_smoke test_services
  export LIVLINA_KILLS=$kills LIVLINA_CLI_KILLS=$(((kills + 4) / 5))
  { build/dev/tests/test_services --gtest_filter='Power.*' && build/dev/tests/test_smoke --gtest_filter='Kill*'; } \
    >build/kills.log 2>&1 || {
    tail -40 build/kills.log >&2
    echo "ops/test.sh: a kill lost something: see build/kills.log" >&2
    exit 1
  }
  unset LIVLINA_KILLS LIVLINA_CLI_KILLS
  grep -E '^kills of|^power cuts|enrolled|records|texts|due check-ins' build/kills.log
  echo "== kills: tested in $((SECONDS - begin)) s"
fi

# In Node first, then a native test process in which native clients and the module meet.
if [ "$wasm" = yes ]; then
  begin=$SECONDS
  livlina_wasm_dependencies
  livlina_build wasm
  echo "== wasm: built in $((SECONDS - begin)) s"
  begin=$SECONDS
  ctest --test-dir build/wasm --output-on-failure -j2 --no-tests=error
  log=build/wasm/Testing/Temporary/LastTest.log
  grep -h '^vectors:' "$log" || true
  sed -n -e 's/^[0-9]*\/[0-9]* Testing: \(.*\)/\1/p' -e 's/.*\] [^0-9]*\([0-9]* tests from .* ran\).*/  \1/p' \
    -e 's/^[^ ]* \(pass [0-9]*\)$/  \1/p' "$log"
  livlina_wasm_sizes build/wasm/clients
  livlina_build dev test_interop
  LIVLINA_REQUIRE_WASM=1 ctest --test-dir build/dev -L interop --output-on-failure --no-tests=error
  echo "== wasm: tested in $((SECONDS - begin)) s"
fi

# clang-tidy sees only what is shipped: generated code and tests have other rules.
if [ "$tidy" = yes ]; then
  begin=$SECONDS
  git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run -Werror
  echo "== clang-format: nothing found"
  [ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
  cmake --build build/dev --target livlina_proto
  run-clang-tidy-19 -quiet -j "$(nproc)" -p build/dev "^$PWD/(crypto|protocol|server|clients)/.*\.cpp$"
  echo "== clang-tidy: nothing found in $((SECONDS - begin)) s"
fi

# By the tests that call the code themselves: what only a whole server or command runs is not in it.
if [ "$coverage" = yes ]; then
  begin=$SECONDS
  reached=(crypto protocol policy services clients)
  livlina_build coverage "${reached[@]/#/test_}"
  rm -rf build/coverage/reached && mkdir build/coverage/reached
  objects=()
  for name in "${reached[@]}"; do
    binary=build/coverage/tests/test_$name
    objects+=(${objects:+-object} "$binary")  # the first stands alone
    LLVM_PROFILE_FILE="build/coverage/reached/$name.profraw" "$binary" --gtest_brief=1
  done
  llvm-profdata-19 merge -sparse build/coverage/reached/*.profraw -o build/coverage/reached/all
  for folder in crypto protocol server/policy server/services; do
    echo "== coverage of $folder"
    git ls-files "$folder/*.cpp" "$folder/*.hpp" | xargs llvm-cov-19 report "${objects[@]}" \
      -instr-profile build/coverage/reached/all -show-region-summary=false \
      -show-functions=false -use-color=false
  done
  echo "== the lines that no test reached: build/coverage/reached/lines.txt"
  git ls-files '*.cpp' '*.hpp' | grep -E '^(crypto|protocol|server/policy|server/services)/' |
    xargs llvm-cov-19 show "${objects[@]}" -instr-profile build/coverage/reached/all -use-color=false |
    grep -E '^/|^ +[0-9]+\| +0\|' >build/coverage/reached/lines.txt
  echo "== coverage: measured in $((SECONDS - begin)) s"
fi

# Each target begins with its corpus and its seeds, and keeps what it finds new in build/fuzz/found.
if [ "$fuzz" -gt 0 ]; then
  livlina_build fuzz livlina_fuzzers
  for target in build/fuzz/tests/fuzz_*; do
    name=${target##*/fuzz_}
    found=build/fuzz/found/$name
    "$target" --write-seeds "$found"
    echo "== fuzz $name: $fuzz s"
    "$target" -max_total_time="$fuzz" -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" \
      "$found" "tests/fuzz/corpus/$name" 2>"build/fuzz/$name.log" || {
      tail -40 "build/fuzz/$name.log" >&2
      echo "ops/test.sh: fuzz $name found something: see build/fuzz/$name-*" >&2
      exit 1
    }
    grep -E 'number_of_executed_units|peak_rss' "build/fuzz/$name.log"
  done
fi
echo "== all of it in $SECONDS s"
