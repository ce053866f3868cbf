# shellcheck shell=bash
# Backups of the services' stores: taken while they run, restored while they
# stand. What they are is in services/README.md.

readonly BACKUP_SECONDS=120

# newest_backup SERVICE: the name of the newest one, or nothing.
newest_backup() {
  local manifests=("$CRM_HOME/data/$1/backups/"*.manifest)
  [[ -f "${manifests[-1]}" ]] || return 0
  basename "${manifests[-1]}" .manifest
}

# backup: has each running service take one, and waits for them.
backup() {
  (( $# == 0 )) || bad_usage "backup takes no arguments."
  require_running
  local service pid name deadline=$(( SECONDS + BACKUP_SECONDS ))
  local -A before=()
  for service in "${SERVICES[@]}"; do
    before[$service]="$(newest_backup "$service")"
    pid="$(pid_of "$service")" || fail "$service is not running."
    kill -USR1 "$pid"
  done
  for service in "${SERVICES[@]}"; do
    while name="$(newest_backup "$service")" &&
        [[ "$name" == "${before[$service]}" ]]; do
      (( SECONDS < deadline )) ||
          fail "$service took no backup; './crm logs $service' tells why."
      sleep 0.1
    done
    say "$CRM_HOME/data/$service/backups/$name.db"
  done
}

# restore [SERVICE [BACKUP]]: puts the newest good backup, or that one, in the
# place of the service's store, or of all stores.
restore() {
  (( $# <= 2 )) || bad_usage "restore takes a service and a backup at most."
  local service services=("${SERVICES[@]}")
  if (( $# > 0 )); then
    [[ " ${SERVICES[*]} " == *" $1 "* ]] || bad_usage "'$1' is no service."
    services=("$1")
  fi
  [[ -x "$BIN/operational" ]] || fail "nothing is built; './crm build' does it."
  pid_of supervisor > /dev/null &&
      fail "the suite is running; './crm down' stops it."
  lock_instance
  stop_leftovers
  load_addresses
  write_settings
  for service in "${services[@]}"; do
    env -u CRM_HOME -u CRM_JOBS "$BIN/$service" restore ${2:+"$2"} \
        --config "$RUN/$service.env" || fail "$service was not restored."
  done
  say "'./crm up' starts the suite again."
}
