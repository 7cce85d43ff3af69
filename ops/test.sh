#!/usr/bin/env bash
# Installs what is missing, builds, runs every test and prints the counts.
#   ops/test.sh            Debug build with clang, all tests
#   ops/test.sh --asan     the same tests under the address and undefined-behaviour sanitizers
#   ops/test.sh --gcc      the same tests built by g++ 12
#   ops/test.sh --all      all three, then the thread sanitizer
set -euo pipefail
cd "$(dirname "$0")/.."
. ops/lib/install.sh

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
presets=(dev)
case "${1:-}" in
  "") ;;
  --asan) presets=(asan-ubsan) ;;
  --gcc) presets=(gcc) ;;
  --all) presets=(dev asan-ubsan gcc tsan) ;;
  -h|--help) usage; exit 0 ;;
  *) echo "ops/test.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
esac

livlina_install
export LIVLINA_VECTORS=${LIVLINA_VECTORS:-$PWD/../shared/vectors}
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if [ -d "$LIVLINA_VECTORS" ]; then
  echo "Third-party vectors: $LIVLINA_VECTORS"
else
  echo "Third-party vectors: not found at $LIVLINA_VECTORS; their tests are skipped (set LIVLINA_VECTORS)."
fi
for preset in "${presets[@]}"; do
  begin=$SECONDS
  livlina_build "$preset"
  echo "== $preset: built in $((SECONDS - begin)) s"
  begin=$SECONDS
  ctest --test-dir "build/$preset" --output-on-failure -j2 --no-tests=error --timeout 300 |
    sed -u -e '/^ *[0-9]*\/[0-9]* Test .* Passed /d' -e '/^ *Start /d'
  echo "== $preset: tested in $((SECONDS - begin)) s"
done
