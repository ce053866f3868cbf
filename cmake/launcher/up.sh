# shellcheck shell=bash
# Brings an instance up, keeps it in the foreground if asked to, and takes it
# down.

# lock_instance: nobody else starts or stops this instance until we end.
lock_instance() {
  mkdir -p "$RUN"
  exec 9> "$RUN/lock"
  flock --nonblock 9 ||
      fail "another ./crm is starting or resetting $CRM_HOME just now."
}

unlock_instance() { exec 9>&-; }

# owner_of_port PORT: who listens there, as `redis-server (process 12)`.
owner_of_port() {
  local hex inode pid
  hex="$(printf ':%04X' "$1")"
  inode="$(cat /proc/net/tcp /proc/net/tcp6 2> /dev/null |
      awk -v port="$hex" '$4 == "0A" && $2 ~ port "$" {print $10; exit}')"
  [[ -n "$inode" ]] || return 0
  pid="$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2> /dev/null |
      cut -d/ -f3 | head -n 1)" || true
  if [[ -n "$pid" ]]; then
    echo "$(cat "/proc/$pid/comm") (process $pid)"
  else
    echo "a process of another user"
  fi
}

# taken_addresses: a line for each address of the instance that is in use.
taken_addresses() {
  local name owner
  for name in $(printf '%s\n' "${!ADDRESSES[@]}" | sort); do
    answers "${ADDRESSES[$name]}" || continue
    owner="$(owner_of_port "$(port_of "${ADDRESSES[$name]}")")"
    echo "${ADDRESSES[$name]} ($name) is used by ${owner:-another process}"
  done
}

require_free_ports() {
  local taken
  taken="$(taken_addresses)"
  [[ -z "$taken" ]] || fail "these ports are taken:"$'\n'"  ${taken//$'\n'/$'\n'  }" \
      $'\n'"End what uses them, or move all ports with ./crm up --port 18080," \
      "or one with its variable."
}

# stop_leftovers: ends what a supervisor that was killed has left running.
stop_leftovers() {
  local name
  for name in "${PROCESSES[@]}"; do
    if pid_of "$name" > /dev/null; then
      say "Ending $name, left over from before ..."
    fi
  done
  stop_all
}

# show_failure: why the supervisor gave up, with the end of the log it names.
show_failure() {
  local state name
  state="$(cat "$STATE_FILE" 2> /dev/null || echo 'failed: the supervisor ended')"
  warn "the suite did not start: ${state#failed: }."
  name="$(sed -n 's/^failed: \([a-z-]*\) .*/\1/p' <<< "$state")"
  if [[ -n "$name" && -f "$LOGS/$name.log" ]]; then
    warn "the end of $LOGS/$name.log:"
    tail -n 20 "$LOGS/$name.log" | cut -c1-400 | sed 's/^/  /' >&2
  fi
  warn "'./crm doctor' may know more."
}

# start_supervisor: starts it and waits until the suite is ready.
start_supervisor() {
  local state
  rm -f "$STATE_FILE"
  : > "$LOGS/supervisor.log"
  # A session of its own: Ctrl-C in this terminal reaches only this script,
  # which then has everything stopped in order.
  setsid env CRM_HOME="$CRM_HOME" "$CRM_ROOT/crm" __supervise \
      >> "$LOGS/supervisor.log" 2>&1 < /dev/null 9>&- &
  SUPERVISOR=$!
  while true; do
    state="$(cat "$STATE_FILE" 2> /dev/null || true)"
    [[ "$state" != ready ]] || return 0
    if [[ "$state" == failed* ]] || ! kill -0 "$SUPERVISOR" 2> /dev/null; then
      wait "$SUPERVISOR" 2> /dev/null || true
      show_failure
      return 1
    fi
    sleep 0.05
  done
}

# load_sample: imports the sample business unless that was done.
load_sample() {
  [[ ! -f "$CRM_HOME/sample.done" ]] || return 0
  say "Loading the sample business ..."
  import_sample ||
      warn "the suite runs without all of it; './crm sample' goes on."
}

# import_sample: imports the sample business, or what is missing of it.
import_sample() {
  save_token
  node "$CRM_ROOT/gateway/clients/sample.mjs" \
      --url "$(url CRM_GATEWAY_LISTEN)" --token-file "$CRM_HOME/token" || return 1
  touch "$CRM_HOME/sample.done"
}

# buf_program: where buf is, or how to get it.
buf_program() {
  local ours="$CRM_ROOT/tests/clients/node_modules/.bin/buf"
  if has buf; then
    echo buf
  elif [[ -x "$ours" ]]; then
    echo "$ours"
  else
    echo "buf"
  fi
}

# greet: where the suite is and what to try.
greet() {
  local address prefix=''
  address="$(url CRM_GATEWAY_LISTEN)"
  if [[ "$CRM_HOME" != "$CRM_ROOT/.crm" ]]; then prefix="CRM_HOME=$CRM_HOME "; fi
  cat << EOF

${BOLD}The suite is ready at $address${PLAIN}, as gRPC and REST on one port.

A token of one hour, also in $CRM_HOME/token ('./crm token' gives the next one):

  export TOKEN=\$(${prefix}./crm token)

Three calls to try:

  curl -H "Authorization: Bearer \$TOKEN" '$address/v1/customers?pageSize=2'

  $(buf_program) curl --protocol grpc --http2-prior-knowledge \\
      -H "Authorization: Bearer \$TOKEN" -d '{"page_size": 2}' \\
      $address/crm.operational.v1.CustomerService/ListCustomers

  curl -H "Authorization: Bearer \$TOKEN" '$address/v1/customers/cg-12520/profile'

Then: ${prefix}./crm demo, status, logs, help.
EOF
  if [[ ! -x "$(buf_program)" ]] && ! has buf; then
    echo "(buf is not installed; './crm test' fetches it with the other clients.)"
  fi
}

# stay: shows what the supervisor has to say until it ends or we are told to.
stay() {
  local status=0 stopping=0
  trap 'stopping=1' INT TERM HUP
  say "Ctrl-C stops it."
  tail --pid="$SUPERVISOR" -n +1 -f "$LOGS/supervisor.log" 9>&- &
  while (( stopping == 0 )) && kill -0 "$SUPERVISOR" 2> /dev/null; do
    wait "$SUPERVISOR" || status=$?
  done
  trap '' INT TERM HUP
  if (( stopping )); then
    say "Stopping ..."
    stop_supervisor
    wait "$SUPERVISOR" 2> /dev/null && say "Stopped."
    return
  fi
  show_failure
  return "$status"
}

# stop_early: what a signal does to `up` before it is ready.
stop_early() {
  trap '' INT TERM HUP
  say "Stopping ..."
  stop_supervisor
  exit 130
}

up() {
  local detach=0 sample=1 port="$DEFAULT_PORT"
  while (( $# > 0 )); do
    case "$1" in
      --detach | -d) detach=1 ;;
      --no-sample) sample=0 ;;
      --port) port="${2:-}"; shift ;;
      --port=*) port="${1#*=}" ;;
      *) bad_usage "'$1' is no flag of up." ;;
    esac
    shift || true
  done
  if ! [[ "$port" =~ ^[0-9]{4,5}$ ]] || (( port < 3000 || port > 60000 )); then
    bad_usage "--port is a number from 3000 to 60000."
  fi
  lock_instance
  if pid_of supervisor > /dev/null; then
    load_addresses
    say "It is running already (process $(pid_of supervisor))."
    greet
    exit $(( detach ? 0 : 1 ))
  fi
  setup run
  build_programs
  choose_addresses "$port"
  stop_leftovers
  require_free_ports
  make_folders
  make_keys
  make_certificates
  save_addresses
  write_settings
  say "Starting the suite ..."
  trap stop_early INT TERM HUP
  start_supervisor || exit 1
  unlock_instance
  save_token
  if (( sample )); then load_sample; fi
  greet
  if (( detach )); then
    say "It runs in the background; './crm down' stops it."
  else
    stay
  fi
}

down() {
  (( $# == 0 )) || bad_usage "down takes no arguments."
  if pid_of supervisor > /dev/null; then
    say "Stopping ..."
    stop_supervisor
    say "Stopped."
    return
  fi
  lock_instance
  stop_leftovers
  say "Nothing is running in $CRM_HOME."
}

reset() {
  if [[ "${1:-}" != --yes ]]; then
    [[ $# == 0 ]] || bad_usage "reset takes --yes or nothing."
    confirm "Delete all data in $CRM_HOME?" || fail "nothing was deleted;" \
        "'./crm reset --yes' does not ask."
  fi
  if pid_of supervisor > /dev/null; then stop_supervisor; fi
  lock_instance
  stop_leftovers
  # Only what ./crm made: the folder may hold more.
  rm -rf "${CRM_HOME:?}"/{audit,data,redis-cache,redis-bus,keys,logs,token,sample.done}
  find "$RUN" -mindepth 1 ! -name lock -delete
  say "Everything is deleted; './crm up' begins anew."
}
