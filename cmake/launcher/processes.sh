# shellcheck shell=bash
# The processes of an instance: two Redis servers, three services, the gateway.
#
# A supervisor, itself a process in a session of its own, starts them, starts
# again what ends by itself, and stops them all when it is told to end. It says
# how far it is in run/state (`starting`, `ready`, `stopping` or `failed: WHY`)
# and what happened in logs/supervisor.log.

readonly REDIS_SERVERS=(redis-cache redis-bus)
readonly PROCESSES=("${REDIS_SERVERS[@]}" "${SERVICES[@]}" gateway)
readonly STATE_FILE="$RUN/state"
readonly READY_SECONDS=60
# A process that ends more often than that within a minute is not started again.
readonly MOST_RESTARTS=10
# How long the gateway, the services and the Redis servers have to end: 10
# seconds in all.
readonly STOP_TENTHS=(40 35 20)

# The running children of the supervisor: names by process id.
declare -A CHILDREN=()
STOPPING=0

# birth_of PID: when the process began, in ticks since boot; fails if there is
# none or if it has ended. It tells a process from a later one of the same id.
birth_of() {
  local stat
  stat="$(cat "/proc/$1/stat" 2> /dev/null)" || return 1
  # The name in the second field may hold spaces and brackets.
  read -r -a stat <<< "${stat##*) }"
  [[ "${stat[0]}" != Z ]] && echo "${stat[19]}"
}

# note_pid NAME PID
note_pid() { echo "$2 $(birth_of "$2")" > "$RUN/$1.pid"; }

# pid_of NAME: the process id, if that process is running.
pid_of() {
  local pid birth
  [[ -f "$RUN/$1.pid" ]] || return 1
  read -r pid birth < "$RUN/$1.pid" || return 1
  [[ -n "$birth" && "$(birth_of "$pid")" == "$birth" ]] && echo "$pid"
}

# command_of NAME: sets COMMAND to what runs it.
command_of() {
  local address
  case "$1" in
    redis-*)
      address="$(serving_address "$1")"
      COMMAND=(redis-server --bind "$(host_of "$address")"
        --port "$(port_of "$address")" --dir "$CRM_HOME/$1" --save ''
        --daemonize no --loglevel notice)
      ;;&
    redis-cache)
      # It keeps nothing and drops first what is asked for least.
      COMMAND+=(--appendonly no --maxmemory 256mb --maxmemory-policy allkeys-lfu)
      ;;
    redis-bus)
      # It drops nothing by itself.
      COMMAND+=(--appendonly yes --appendfsync everysec
        --maxmemory-policy noeviction)
      ;;
    *) COMMAND=("$BIN/$1" --config "$RUN/$1.env") ;;
  esac
}

# start_process NAME: starts it as a child.
start_process() {
  local log="$LOGS/$1.log"
  if [[ -f "$log" ]] && (( $(stat -c %s "$log") > 20000000 )); then
    mv "$log" "$log.1"
  fi
  command_of "$1"
  # What only the launcher understands, a process would refuse.
  env -u CRM_HOME -u CRM_JOBS -u CRM_TLS "${COMMAND[@]}" >> "$log" 2>&1 < /dev/null &
  CHILDREN[$!]="$1"
  note_pid "$1" $!
}

set_state() { echo "$*" > "$STATE_FILE.new" && mv "$STATE_FILE.new" "$STATE_FILE"; }

# answers ADDRESS: whether somebody accepts connections there.
answers() {
  (exec 3<> "/dev/tcp/$(host_of "$1")/$(port_of "$1")") 2> /dev/null
}

# is_ready NAME: whether it does what it is there for.
is_ready() {
  local address
  case "$1" in
    redis-cache | redis-bus)
      address="$(serving_address "$1")"
      [[ "$(redis-cli -h "$(host_of "$address")" -p "$(port_of "$address")" \
          ping 2> /dev/null)" == PONG ]]
      ;;
    gateway)
      curl -fsS -m 2 -o /dev/null "$(url CRM_GATEWAY_ADMIN_LISTEN)/readyz" \
          2> /dev/null
      ;;
    *) answers "$(serving_address "$1")" ;;
  esac
}

# await_ready NAME: waits until it is ready; fails if it ends or takes too long.
await_ready() {
  local deadline=$(( SECONDS + READY_SECONDS ))
  until is_ready "$1"; do
    (( STOPPING == 0 )) || return 1
    if ! pid_of "$1" > /dev/null; then
      set_state "failed: $1 ended while it started"
      return 1
    fi
    if (( SECONDS >= deadline )); then
      set_state "failed: $1 was not ready within $READY_SECONDS seconds"
      return 1
    fi
    sleep 0.05
  done
}

# start_all: starts everything in its order, and waits until it is ready.
start_all() {
  local name
  for name in "${REDIS_SERVERS[@]}"; do start_process "$name"; done
  for name in "${REDIS_SERVERS[@]}"; do await_ready "$name" || return 1; done
  for name in "${SERVICES[@]}" gateway; do start_process "$name"; done
  for name in "${SERVICES[@]}" gateway; do await_ready "$name" || return 1; done
}

# stop_processes TENTHS NAME...: asks them to end, and ends those that have not
# after so many tenths of a second.
stop_processes() {
  local tenths="$1" name pid
  local -A pids=()
  shift
  for name in "$@"; do
    if pid="$(pid_of "$name")"; then
      pids[$name]="$pid"
      kill -TERM "$pid" 2> /dev/null || true
    fi
  done
  for (( ; tenths > 0; --tenths )); do
    for name in "${!pids[@]}"; do
      pid_of "$name" > /dev/null || unset "pids[$name]"
    done
    (( ${#pids[@]} > 0 )) || break
    sleep 0.1
  done
  for name in "${!pids[@]}"; do
    say "$name (${pids[$name]}) did not end in time and was killed."
    kill -KILL "${pids[$name]}" 2> /dev/null || true
  done
  for name in "$@"; do rm -f "$RUN/$name.pid"; done
}

# stop_all: in the reverse order, so that no call is cut off on its way.
stop_all() {
  stop_processes "${STOP_TENTHS[0]}" gateway
  stop_processes "${STOP_TENTHS[1]}" "${SERVICES[@]}"
  stop_processes "${STOP_TENTHS[2]}" "${REDIS_SERVERS[@]}"
}

# watch_children: starts again what ends, until it is told to stop. Fails if
# something ends over and over.
watch_children() {
  local ended status name restarts=0 since=$SECONDS
  while (( STOPPING == 0 )); do
    ended='' status=0
    # Bash itself would say that a child was killed, at length.
    { wait -n -p ended "${!CHILDREN[@]}"; } 2> /dev/null || status=$?
    [[ -n "${ended:-}" && $STOPPING == 0 ]] || continue
    name="${CHILDREN[$ended]}"
    unset "CHILDREN[$ended]"
    if (( SECONDS - since > 60 )); then restarts=0 since=$SECONDS; fi
    if (( ++restarts > MOST_RESTARTS )); then
      set_state "failed: $name ends over and over"
      return 1
    fi
    say "$name ($ended) ended with status $status and is started again."
    sleep 0.2
    start_process "$name"
  done
}

# supervise: the supervisor itself. Ends with 0 if it was told to end.
supervise() {
  local status=0
  trap 'STOPPING=1' TERM INT HUP
  load_addresses
  note_pid supervisor $$
  set_state starting
  if start_all; then
    set_state ready
    watch_children || status=1
  elif (( STOPPING == 0 )); then
    status=1
  fi
  if (( status == 0 )); then set_state stopping; fi
  stop_all
  if (( status == 0 )); then rm -f "$STATE_FILE"; fi
  rm -f "$RUN/supervisor.pid"
  return "$status"
}

# stop_supervisor: asks the supervisor to stop everything, and waits for that.
stop_supervisor() {
  local pid
  while pid="$(pid_of supervisor)"; do
    # Once a second again: a signal may come just before bash begins to wait.
    kill -TERM "$pid" 2> /dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      pid_of supervisor > /dev/null || break 2
      sleep 0.1
    done
  done
}
