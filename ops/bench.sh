#!/usr/bin/env bash
# Builds the release and measures it on this machine: acknowledgements, latency, memory, handshakes,
# sessions, misses, each beside its floor. Starts what it needs and ends it; nothing stays behind.
#   ops/bench.sh [--quick|--full] [--json] [NAME...]
#   NAME: acks steady idle handshakes crypto misses; all of them without one
#   ops/bench.sh                    all of it, short windows: under 3 minutes once it is built
#   ops/bench.sh --full             long windows, 10,000 connections, 100,000 schedules: 10 minutes
#   ops/bench.sh --full acks idle   two of them
#   ops/bench.sh --json >run.json   one JSON value; progress goes to the error stream
# The peer of acks and steady is Debian's redis-server where it is installed (LIVLINA_REDIS names
# another one): a process of its own, ended with the run. Without it their goals are left open.
# Figures of a machine that does something else meanwhile are worth nothing but their ratios.
set -euo pipefail
cd "$(dirname "$0")/.."
. ops/lib/install.sh

usage() { sed -n '2,13s/^# \{0,1\}//p' "$0"; }
options=() names=()
for word in "$@"; do
  case "$word" in
    --quick|--full|--json) options+=("$word") ;;
    acks|steady|idle|handshakes|crypto|misses) names+=("$word") ;;
    -h|--help) usage; exit 0 ;;
    *) echo "ops/bench.sh: unknown word '$word'" >&2; usage >&2; exit 2 ;;
  esac
done

livlina_install >&2
# Also where the release was configured before there was a benchmark.
cmake --preset release -DLIVLINA_BENCH=ON >/dev/null
livlina_build release livlina_bench >&2
command -v redis-server >/dev/null || [ -n "${LIVLINA_REDIS:-}" ] ||
  echo "No redis-server here: no peer for acks and steady (apt-get install redis-server)" >&2
exec timeout --kill-after=20 1800 build/release/tests/bench/livlina_bench \
  ${options[@]+"${options[@]}"} ${names[@]+"${names[@]}"}
