#!/usr/bin/env bash
# Tests ./crm with stand-ins for the programs of the suite and real Redis: how it
# starts, looks after, reports on and stops processes, and what it says when
# something is in the way.
#
#   launcher_test.sh [CASE...]     all cases without one
#
# shellcheck disable=SC2317  # Cases and checks are called by name.
set -uo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
work="$(mktemp -d)"
tree="$work/tree"
readonly here root work tree
export CRM_HOME="$work/home" NO_COLOR=1
failures=0

command -v redis-server > /dev/null || {
  echo "skipped: redis-server is not installed"
  exit 77
}

# A tree with the launcher and the clients of this one, and a finished build.
lay_out() {
  local name bin="$tree/build/release/bin"
  mkdir -p "$bin"
  cp "$root/crm" "$tree/"
  for name in cmake gateway protos services shared tests; do
    ln -s "$root/$name" "$tree/$name"
  done
  for name in operational analytical collaborative gateway; do
    printf '#!/bin/sh\nexec node %s/stand_in.mjs %s "$@"\n' "$here" "$name" \
        > "$bin/$name"
  done
  cat > "$bin/crm-token" << 'EOF'
#!/bin/bash
if [[ "$1" == keygen ]]; then
  for (( i = 1; i <= $#; ++i )); do
    if [[ "${!i}" == --private ]]; then (( ++i )); touch "${!i}"; fi
  done
else
  echo good
fi
EOF
  cat > "$bin/crm-certs" << 'EOF'
#!/bin/bash
for (( i = 1; i <= $#; ++i )); do
  if [[ "${!i}" == --out ]]; then (( ++i )); mkdir "${!i}"; fi
done
EOF
  chmod +x "$bin"/*
  printf 'rule none\n  command = true\nbuild %s: phony\n' \
      "gateway operational analytical collaborative crm-audit crm-certs crm-token" \
      > "$tree/build/release/build.ninja"
}

# choose_ports: a block of ports for this run, below those that the kernel hands
# out.
choose_ports() {
  port="$(node -e "
    const server = require('net').createServer().listen(0, '127.0.0.1', () => {
      console.log(12000 + server.address().port % 18000);
      server.close();
    });")"
}

crm() { "$tree/crm" "$@"; }

# check WHAT COMMAND...: counts a failure unless the command succeeds.
check() {
  local what="$1"
  shift
  if "$@" > "$work/check" 2>&1; then
    echo "  ok: $what"
  else
    echo "  FAILED: $what"
    sed 's/^/    /' "$work/check"
    failures=$((failures + 1))
  fi
}

# says TEXT FILE: whether the file holds the text.
says() { grep -qF -- "$1" "$2" || { cat "$2"; return 1; }; }

# eventually COMMAND...: whether it succeeds within ten seconds.
eventually() {
  local i
  for (( i = 0; i < 100; ++i )); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  return 1
}

pid_in() { cut -d' ' -f1 "$CRM_HOME/run/$1.pid"; }
# is_gone PID: whether the process has ended, noticed by its parent or not.
is_gone() { ! grep -qv '^State:.*Z' <(grep '^State:' "/proc/$1/status" 2> /dev/null); }
differs() { [[ "$1" != "$2" ]]; }
has_mode() { [[ "$(stat -c %a "$2")" == "$1" ]]; }
was_restarted() { differs "$1" "$(pid_in operational)" && crm status; }

start() { crm up --detach --no-sample --port "$port" > "$work/up" 2>&1; }

case_up_and_down() {
  check "it starts" start
  check "it says where it is" says "ready at http://127.0.0.1:$port" "$work/up"
  check "it says how to call it" says "customers/cg-12520/profile" "$work/up"
  crm status > "$work/status"
  check "status is good" test $? -eq 0
  check "status shows the lag of events" says crm_events_lag_seconds "$work/status"
  check "the token is for the owner only" has_mode 600 "$CRM_HOME/token"
  check "the secret is read-only" has_mode 400 "$CRM_HOME/keys/secret"
  check "a process has its certificate" test -d "$CRM_HOME/keys/tls/analytical"
  check "and is told where" says "CRM_TLS_DIR=$CRM_HOME/keys/tls/analytical" \
      "$CRM_HOME/run/analytical.env"
  local pids
  pids="$(cat "$CRM_HOME"/run/*.pid | cut -d' ' -f1)"
  check "a second start finds it running" crm up --detach --port "$port"
  check "it stops" crm down
  for pid in $pids; do check "process $pid is gone" is_gone "$pid"; done
  check "stopping twice is no error" crm down
}

case_plaintext_if_asked_for() {
  CRM_TLS=off check "it starts" start
  check "no process is told of a certificate" \
      test -z "$(grep -l CRM_TLS_DIR "$CRM_HOME"/run/*.env)"
  crm down > /dev/null
}

case_second_start_is_quick() {
  start && crm down > /dev/null
  local before=$SECONDS
  check "it starts again" start
  check "within five seconds" test $(( SECONDS - before )) -lt 5
  crm down > /dev/null
}

case_ctrl_c_stops_everything() {
  setsid "$tree/crm" up --no-sample --port "$port" > "$work/up" 2>&1 &
  local front=$!
  check "it becomes ready" eventually grep -q "Ctrl-C stops it" "$work/up"
  local gateway before=$SECONDS
  gateway="$(pid_in gateway)"
  # A background job of a script ignores SIGINT from birth; SIGTERM is the same.
  kill -TERM "$front"
  check "it ends with 0" wait "$front"
  check "within ten seconds" test $(( SECONDS - before )) -le 10
  check "the gateway is gone" is_gone "$gateway"
  check "it says so" says "Stopped." "$work/up"
}

case_killed_process_is_started_again() {
  start
  local pid
  pid="$(pid_in operational)"
  kill -KILL "$pid"
  check "it is started again" eventually was_restarted "$pid"
  check "the log tells" says "operational ($pid) ended" \
      "$CRM_HOME/logs/supervisor.log"
  crm down > /dev/null
}

case_hanging_process_is_killed() {
  STAND_IN_HANGS=analytical start
  local before=$SECONDS pid
  pid="$(pid_in analytical)"
  check "it stops" crm down
  check "within ten seconds" test $(( SECONDS - before )) -le 10
  check "the process is gone" is_gone "$pid"
  check "the log tells" says "analytical ($pid) did not end in time" \
      "$CRM_HOME/logs/supervisor.log"
}

case_process_that_fails_at_start() {
  STAND_IN_FAILS=collaborative start
  check "it is an error" test $? -eq 1
  check "it says which" says "collaborative ended while it started" "$work/up"
  check "it shows the log" says "collaborative: told to fail" "$work/up"
  check "nothing is left running" eventually crm_is_stopped
}
crm_is_stopped() { ! compgen -G "$CRM_HOME/run/*.pid" > /dev/null; }

case_port_that_is_taken() {
  node -e "require('net').createServer().listen($port, '127.0.0.1')" &
  local squatter=$!
  check "somebody listens" eventually bash -c "exec 3<> /dev/tcp/127.0.0.1/$port"
  start
  check "it is an error" test $? -eq 1
  check "it says who" says "is used by node (process $squatter)" "$work/up"
  CRM_GATEWAY_LISTEN="127.0.0.1:$port" crm doctor > "$work/doctor" 2>&1
  check "doctor finds it" test $? -gt 0
  kill "$squatter"
}

case_supervisor_that_was_killed() {
  start
  local gateway
  gateway="$(pid_in gateway)"
  kill -KILL "$(pid_in supervisor)"
  crm doctor > "$work/doctor" 2>&1
  check "doctor finds the orphans" says "Nobody looks after" "$work/doctor"
  check "it starts again" start
  check "the old gateway is gone" is_gone "$gateway"
  crm down > /dev/null
}

case_two_at_once() {
  mkdir -p "$CRM_HOME/run"
  (flock 9; sleep 5) 9> "$CRM_HOME/run/lock" &
  local holder=$!
  check "the lock is held" eventually lock_is_held
  start
  check "it is an error" test $? -eq 1
  check "it says why" says "another ./crm is starting" "$work/up"
  kill "$holder"
  wait "$holder" 2> /dev/null
}
lock_is_held() { ! flock --nonblock "$CRM_HOME/run/lock" true; }

case_sample_is_loaded_once() {
  crm up --detach --port "$port" > "$work/up" 2>&1
  check "it starts" test $? -eq 0
  check "the sample is there" says "2,297,200.8603 USD" "$work/up"
  crm down > /dev/null
  check "it starts again" start
  check "it is not loaded again" test -z "$(grep -F Loading "$work/up")"
  check "reset deletes everything" crm reset --yes
  check "the data is gone" test ! -e "$CRM_HOME/data"
  check "the sample is to be loaded again" test ! -e "$CRM_HOME/sample.done"
}

case_backup_and_restore() {
  start
  check "it backs up" crm backup
  check "it says where" says "$CRM_HOME/data/collaborative/backups/" \
      <(crm backup 2>&1)
  check "each backup is a new one" \
      test "$(find "$CRM_HOME/data" -name '*.manifest' | wc -l)" -eq 6
  crm restore > "$work/out" 2>&1
  check "it restores no running suite" says "is running" "$work/out"
  crm down > /dev/null
  crm restore > "$work/out" 2>&1
  check "it restores" test $? -eq 0
  check "every service" says "analytical: restored the newest" "$work/out"
  crm restore operational some-name > "$work/out" 2>&1
  check "it restores one backup" says "operational: restored some-name" "$work/out"
  check "of one service only" test -z "$(grep analytical "$work/out")"
  crm restore operational damaged > "$work/out" 2>&1
  check "a damaged one is an error" test $? -ne 0
  crm restore sales > "$work/out" 2>&1
  check "an unknown service ends with 2" test $? -eq 2
  check "backup without a suite is an error" says "is not running" \
      <(crm backup 2>&1)
}

case_bad_usage() {
  crm frobnicate > "$work/out" 2>&1
  check "an unknown command ends with 2" test $? -eq 2
  crm up --port eighty > "$work/out" 2>&1
  check "a bad port ends with 2" test $? -eq 2
  check "demo without a suite is an error" says "is not running" \
      <(crm demo 2>&1)
  crm reset < /dev/null > "$work/out" 2>&1
  check "reset asks first" says "nothing was deleted" "$work/out"
}

trap 'crm down > /dev/null 2>&1; rm -rf "$work"' EXIT
lay_out
choose_ports
cases=("$@")
(( $# > 0 )) || mapfile -t cases < <(compgen -A function case_)
for name in "${cases[@]}"; do
  echo "$name"
  "$name"
  crm reset --yes > /dev/null 2>&1
done
exit $(( failures > 0 ))
