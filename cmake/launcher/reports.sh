# shellcheck shell=bash
# Tells how an instance does: status and logs.

# process_line NAME: a line of the table; fails if the process is not ready.
process_line() {
  local pid memory='-' state=down status=1
  if pid="$(pid_of "$1")"; then
    state='not ready' status=1
    memory="$(awk '/^VmRSS:/ {printf "%d MB", $2 / 1024}' "/proc/$pid/status")"
    if is_ready "$1"; then state=ready status=0; fi
  fi
  printf '  %-14s %-10s %8s  %8s  %s\n' "$1" "$state" "${pid:--}" "$memory" \
      "$(serving_address "$1")"
  return "$status"
}

# event_lines SERVICE: its event metrics, positions and lag among them.
event_lines() {
  curl -fsS -m 2 "http://$(metrics_address "$1")/metrics" 2> /dev/null |
      sed -n -e '/^crm_events_.*_bucket/d' -e "s/^\(crm_events_.*\) \([^ ]*\)$/  \1 \2/p" |
      awk -v service="$1" '{printf "  %-14s %s %s\n", service, $1, $2}'
}

# redis_line NAME: what a Redis server says of itself.
redis_line() {
  local address
  address="$(serving_address "$1")"
  redis-cli -h "$(host_of "$address")" -p "$(port_of "$address")" info \
      2> /dev/null | tr -d '\r' | awk -F: -v name="$1" '
        {value[$1] = $2}
        END {
          if (!("redis_version" in value)) exit
          split(value["db0"], keys, /[=,]/)
          printf "  %-14s Redis %s, %s keys, %s, %s evicted\n", name,
              value["redis_version"], keys[2] + 0, value["used_memory_human"],
              value["evicted_keys"]
        }'
}

status() {
  local name problems=0
  (( $# == 0 )) || bad_usage "status takes no arguments."
  load_addresses
  printf '%s\n' "${BOLD}Processes${PLAIN} ($(cat "$STATE_FILE" 2> /dev/null ||
      echo stopped))"
  for name in "${PROCESSES[@]}"; do
    process_line "$name" || problems=1
  done
  if (( problems == 0 )) || [[ -f "$STATE_FILE" ]]; then
    printf '%s\n' "${BOLD}Events${PLAIN} (positions and lag)"
    for name in "${SERVICES[@]}"; do event_lines "$name" || true; done
    printf '%s\n' "${BOLD}Redis${PLAIN}"
    for name in "${REDIS_SERVERS[@]}"; do redis_line "$name" || true; done
  fi
  return "$problems"
}

logs() {
  local follow=() name files=()
  while (( $# > 0 )); do
    case "$1" in
      -f | --follow) follow=(-f) ;;
      -*) bad_usage "'$1' is no flag of logs." ;;
      *)
        [[ -f "$LOGS/$1.log" ]] || fail "there is no log of '$1'; there are:" \
            "$(known_logs)"
        files+=("$LOGS/$1.log")
        ;;
    esac
    shift
  done
  if (( ${#files[@]} == 0 )); then
    for name in "${SERVICES[@]}" gateway supervisor; do
      if [[ -f "$LOGS/$name.log" ]]; then files+=("$LOGS/$name.log"); fi
    done
  fi
  (( ${#files[@]} > 0 )) || fail "there are no logs yet; './crm up' writes them."
  exec tail -n 50 ${follow[@]+"${follow[@]}"} "${files[@]}"
}

# known_logs: the names of the logs that there are.
known_logs() {
  local file
  for file in "$LOGS"/*.log; do
    [[ -f "$file" ]] && basename "$file" .log
  done | paste -sd' ' -
}
