#!/usr/bin/env bash
# Installs what is missing, builds, starts a demonstration server on 127.0.0.1:8443 with its data
# under var/, and plays the main job as a story. Every run begins anew: var/demo is made again.
#   ops/run.sh           the server goes on running afterwards; the script says how to play each role
#   ops/run.sh --once    the server is stopped at the end
#   ops/run.sh --stop    stops a server that an earlier run left running
# On another port than 8443: LIVLINA_DEMO_PORT=9443 ops/run.sh
# The first run takes about 10 minutes on two free cores, a later one about two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. ops/lib/install.sh

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
once=no
case "${1:-}" in
  "") ;;
  --once) once=yes ;;
  --stop) once=stop ;;
  -h|--help) usage; exit 0 ;;
  *) echo "ops/run.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
esac

host=127.0.0.1 port=${LIVLINA_DEMO_PORT:-8443}
[[ $port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$port" -le 65535 ] || {
  echo "LIVLINA_DEMO_PORT must be a port, from 1 to 65535, not '$port'. Nothing was changed." >&2
  exit 2
}
demo=$PWD/var/demo
server=$PWD/build/release/server/livlina-server
livlina=$PWD/build/release/clients/livlina
# What belongs to the shell of whoever runs this must not steer the demonstration.
unset "${!LIVLINA_@}" 2>/dev/null || true

# The process of the pid file, if it is still the server that an earlier run started. Known by its
# first word: where its binary lies is not told of a process whose memory is private.
running_server() {
  local pid
  pid=$(cat "$demo/server.pid" 2>/dev/null) || return 1
  [ "$( (tr '\0' '\n' <"/proc/$pid/cmdline") 2>/dev/null | head -n 1)" = "$server" ] || return 1
  echo "$pid"
}

stop_server() {
  local pid
  if pid=$(running_server); then
    kill "$pid"
    for _ in $(seq 100); do
      [ -d "/proc/$pid" ] || break
      sleep 0.1
    done
    [ -d "/proc/$pid" ] && { echo "The server $pid does not end; see $demo/server.log" >&2; return 1; }
  fi
  rm -f "$demo/server.pid"
}

if [ "$once" = stop ]; then
  said="No demonstration server was running."
  running_server >/dev/null && said="The demonstration server is stopped."
  stop_server
  echo "$said"
  exit 0
fi

begin=$SECONDS
echo "1. What Debian packages are missing? They are installed (some minutes, once)."
livlina_install
if [ -x "$livlina" ] && [ -x "$server" ]; then
  echo "2. Builds what has changed since the last run (seconds)."
else
  echo "2. Builds the server and the command line: about 10 minutes on two free cores, this once."
fi
livlina_build release livlina livlina-server
echo "3. Starts a demonstration server with new data in var/demo (seconds)."
running_server >/dev/null && echo "   (the demonstration server of an earlier run is stopped for it)"
stop_server
if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then
  echo "Something else listens on $host:$port. Stop it, or choose: LIVLINA_DEMO_PORT=9443 ops/run.sh" >&2
  exit 1
fi
rm -rf "$demo"
mkdir -p "$demo/tls" && chmod 700 var "$demo"

# A certificate authority for this folder alone, and a certificate for 127.0.0.1.
(
  umask 077
  cd "$demo/tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=local demonstration" -keyout ca.key -out ca.pem -batch
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$host" \
    -keyout key.pem -out request.pem -batch
  printf 'subjectAltName=IP:%s,DNS:localhost\n' "$host" >extensions
  openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
    -extfile extensions -out certificate.pem
) 2>"$demo/openssl.log" || { cat "$demo/openssl.log" >&2; exit 1; }

# The operator's channel of the demonstration: a program that gets ids and words, and notes them.
cat >"$demo/tell-operator" <<EOF
#!/bin/sh
echo "\$(date +%H:%M:%S) \$*" >>"$demo/operator.log"
EOF
chmod 700 "$demo/tell-operator"
: >"$demo/operator.log"

cat >"$demo/server.toml" <<EOF
# A demonstration: graces, waits and leases in seconds, which no real service allows.
[server]
name = "demonstration"
address = "$host"
port = $port
public_address = "$host:$port"
certificate = "$demo/tls/certificate.pem"
key = "$demo/tls/key.pem"
database = "$demo/data/livlina.db"
identity = "$demo/data/server.key"

[demonstration]
enabled = true

[watch]
wait_category1_seconds = 10
wait_category2_seconds = 10
lease_category1_seconds = 600
min_grace_seconds = 1
min_member_wait_seconds = 1

[operator_channel]
type = "command"
command = ["$demo/tell-operator"]
EOF

code=$("$server" --config "$demo/server.toml" init --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["code"])')
"$server" --config "$demo/server.toml" check-config >"$demo/config.txt"
setsid nohup "$server" --config "$demo/server.toml" serve >"$demo/server.log" 2>&1 </dev/null &
echo $! >"$demo/server.pid"
for _ in $(seq 100); do
  ready=$(python3 - "$host" "$port" "$demo/tls/ca.pem" <<'EOF' || true
import ssl, sys, urllib.request
host, port, ca = sys.argv[1:]
try:
    context = ssl.create_default_context(cafile=ca)
    print(urllib.request.urlopen(f"https://{host}:{port}/readyz", context=context, timeout=2).status)
except OSError:
    print("no")
EOF
)
  [ "$ready" = 200 ] && break
  kill -0 "$(cat "$demo/server.pid")" 2>/dev/null || { cat "$demo/server.log" >&2; exit 1; }
  sleep 0.1
done
[ "$ready" = 200 ] || { echo "The server is not ready; see $demo/server.log" >&2; exit 1; }
echo "Ready after $((SECONDS - begin)) s: https://$host:$port, data in var/demo"
echo "4. Plays the story with one process for each person: about 90 seconds."

status=0
python3 ops/story.py --livlina "$livlina" --var "$demo" --ca "$demo/tls/ca.pem" \
  --host "$host:$port" --code "$code" || status=$?

if [ "$once" = yes ]; then
  stop_server
  exit $status
fi
cat <<EOF

The server goes on (ops/run.sh --stop ends it). To go on as somebody, for example:

  livlina() { $livlina --ca $demo/tls/ca.pem "\$@"; }
  livlina --state $demo/people/sami  --pin-file $demo/people/sami.pin  status
  livlina --state $demo/people/sami  --pin-file $demo/people/sami.duress status    # under duress
  livlina --state $demo/people/amal  --pin-file $demo/people/amal.pin  inbox
  livlina --state $demo/people/sara  --pin-file $demo/people/sara.pin  listen
  livlina --state $demo/people/karin --pin-file $demo/people/karin.pin incidents --all

What the server's log says: $demo/server.log; what the operator was told: $demo/operator.log
EOF
exit $status
