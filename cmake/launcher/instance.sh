# shellcheck shell=bash
# One running suite: its folder, addresses, keys and settings.
#
#   $CRM_HOME/            .crm in the clone unless told otherwise
#     data/SERVICE/       what the services keep
#     audit/              signed checkpoints of the audit trail, a file a service
#     redis-cache/ redis-bus/
#     keys/               token keys, the shared secret, the certificates
#     logs/               a file a process
#     run/                process ids, settings, addresses: of no use afterwards
#     token               the development token
#     sample.done         the sample business was loaded

readonly BIN="$CRM_ROOT/build/release/bin"
readonly SERVICES=(operational analytical collaborative)
readonly USERS_ISSUER=crm-dev
readonly SERVICES_ISSUER=crm-services
readonly AUDIENCE=crm
readonly DEFAULT_PORT=8080

readonly RUN="$CRM_HOME/run"
readonly LOGS="$CRM_HOME/logs"
readonly KEYS="$CRM_HOME/keys"
readonly ADDRESSES_FILE="$RUN/addresses"

# The ports of an instance whose gateway serves at DEFAULT_PORT, by setting.
readonly -A DEFAULT_PORTS=(
  [CRM_GATEWAY_LISTEN]=8080
  [CRM_GATEWAY_ADMIN_LISTEN]=8081
  [CRM_OPERATIONAL_LISTEN]=9101
  [CRM_ANALYTICAL_LISTEN]=9102
  [CRM_COLLABORATIVE_LISTEN]=9103
  [CRM_OPERATIONAL_METRICS_LISTEN]=9201
  [CRM_ANALYTICAL_METRICS_LISTEN]=9202
  [CRM_COLLABORATIVE_METRICS_LISTEN]=9203
  [CRM_REDIS_CACHE]=6401
  [CRM_REDIS_BUS]=6402
)
declare -A ADDRESSES=()

# choose_addresses PORT: the gateway serves at PORT, and every other port moves
# by as much. A variable of the environment, as CRM_REDIS_BUS=127.0.0.1:7000,
# has the last word on its own.
choose_addresses() {
  local name
  for name in "${!DEFAULT_PORTS[@]}"; do
    ADDRESSES[$name]="127.0.0.1:$(( ${DEFAULT_PORTS[$name]} + $1 - DEFAULT_PORT ))"
    if [[ -n "${!name:-}" ]]; then ADDRESSES[$name]="${!name}"; fi
  done
}

# save_addresses: for the commands that talk to the running instance.
save_addresses() {
  local name
  for name in "${!ADDRESSES[@]}"; do
    printf '%s=%s\n' "$name" "${ADDRESSES[$name]}"
  done | sort > "$ADDRESSES_FILE"
}

# load_addresses: those of the running instance, else the default ones.
load_addresses() {
  local name value
  choose_addresses "$DEFAULT_PORT"
  [[ -f "$ADDRESSES_FILE" ]] || return 0
  while IFS='=' read -r name value; do ADDRESSES[$name]="$value"; done \
      < "$ADDRESSES_FILE"
}

# serving_address PROCESS: where it serves.
serving_address() {
  case "$1" in
    redis-cache) echo "${ADDRESSES[CRM_REDIS_CACHE]}" ;;
    redis-bus) echo "${ADDRESSES[CRM_REDIS_BUS]}" ;;
    *) echo "${ADDRESSES[CRM_${1^^}_LISTEN]}" ;;
  esac
}

# metrics_address PROCESS: where a program tells its numbers.
metrics_address() {
  case "$1" in
    gateway) echo "${ADDRESSES[CRM_GATEWAY_ADMIN_LISTEN]}" ;;
    *) echo "${ADDRESSES[CRM_${1^^}_METRICS_LISTEN]}" ;;
  esac
}

# url SETTING: the address as a URL.
url() { printf 'http://%s' "${ADDRESSES[$1]}"; }

# port_of ADDRESS and host_of ADDRESS: the parts of `127.0.0.1:8080`.
port_of() { printf '%s' "${1##*:}"; }
host_of() { printf '%s' "${1%:*}"; }

make_folders() {
  mkdir -p "$CRM_HOME" "$RUN" "$LOGS" "$CRM_HOME"/redis-{cache,bus} \
      "$CRM_HOME/audit"
  local service
  for service in "${SERVICES[@]}"; do mkdir -p "$CRM_HOME/data/$service"; done
  mkdir -p "$KEYS"
  chmod 0700 "$KEYS"
}

# make_key NAME ISSUER: a key of that issuer, unless it is there.
make_key() {
  [[ -f "$KEYS/$1.pem" ]] && return
  "$BIN/crm-token" keygen --issuer "$2" --private "$KEYS/$1.pem" \
      --jwks "$KEYS/jwks.json" > /dev/null
}

# make_keys: the keys that sign tokens, and the secret that the processes share.
make_keys() {
  make_key users "$USERS_ISSUER"
  make_key services "$SERVICES_ISSUER"
  # A set of its own: whoever signs checkpoints is nobody's user.
  [[ -f "$KEYS/audit.pem" ]] ||
      "$BIN/crm-token" keygen --issuer crm-audit --private "$KEYS/audit.pem" \
          --jwks "$KEYS/audit.json" > /dev/null
  if [[ ! -f "$KEYS/secret" ]]; then
    (umask 0277 && head -c 32 /dev/urandom | base64 > "$KEYS/secret.new")
    mv "$KEYS/secret.new" "$KEYS/secret"
  fi
}

# make_certificates: an authority of this instance and, at each start, a new
# certificate for each process. They reach for a year, since nothing renews them
# while the instance runs.
make_certificates() {
  local name
  uses_tls || return 0
  [[ -d "$KEYS/authority" ]] || "$BIN/crm-certs" authority --out "$KEYS/authority"
  rm -rf "$KEYS/tls"
  mkdir "$KEYS/tls"
  for name in "${SERVICES[@]}" gateway; do
    "$BIN/crm-certs" issue --authority "$KEYS/authority" --service "$name" \
        --lifetime 8760h --out "$KEYS/tls/$name"
  done
}

# uses_tls: whether the processes talk to each other under TLS.
uses_tls() { [[ "${CRM_TLS:-on}" != off ]]; }

# common_settings PROCESS: what all four processes are told.
common_settings() {
  if uses_tls; then echo "CRM_TLS_DIR=$KEYS/tls/$1"; fi
  cat << EOF
CRM_REDIS_CACHE=${ADDRESSES[CRM_REDIS_CACHE]}
CRM_OPERATIONAL_ADDRESS=${ADDRESSES[CRM_OPERATIONAL_LISTEN]}
CRM_ANALYTICAL_ADDRESS=${ADDRESSES[CRM_ANALYTICAL_LISTEN]}
CRM_COLLABORATIVE_ADDRESS=${ADDRESSES[CRM_COLLABORATIVE_LISTEN]}
CRM_TOKEN_JWKS_FILE=$KEYS/jwks.json
CRM_TOKEN_ISSUERS=$USERS_ISSUER
CRM_TOKEN_AUDIENCE=$AUDIENCE
CRM_SECRET_FILE=$KEYS/secret
CRM_DRAIN=3s
EOF
}

# service_settings SERVICE
service_settings() {
  local prefix="CRM_${1^^}"
  common_settings "$1"
  cat << EOF
CRM_REDIS_BUS=${ADDRESSES[CRM_REDIS_BUS]}
CRM_SERVICE_KEY_FILE=$KEYS/services.pem
CRM_RATE_LIMITS=
CRM_AUDIT_KEY_FILE=$KEYS/audit.pem
CRM_AUDIT_CHECKPOINTS=$CRM_HOME/audit/$1.checkpoints
${prefix}_LISTEN=${ADDRESSES[${prefix}_LISTEN]}
${prefix}_METRICS_LISTEN=${ADDRESSES[${prefix}_METRICS_LISTEN]}
${prefix}_DATA_DIR=$CRM_HOME/data/$1
EOF
}

gateway_settings() {
  common_settings gateway
  cat << EOF
CRM_GATEWAY_LISTEN=${ADDRESSES[CRM_GATEWAY_LISTEN]}
CRM_GATEWAY_ADMIN_LISTEN=${ADDRESSES[CRM_GATEWAY_ADMIN_LISTEN]}
EOF
}

# write_settings: a file a process, in the form that --config reads.
write_settings() {
  local service
  for service in "${SERVICES[@]}"; do
    service_settings "$service" > "$RUN/$service.env"
  done
  gateway_settings > "$RUN/gateway.env"
}

# mint_token ROLE TENANT SUBJECT: prints a token of one hour.
mint_token() {
  [[ -x "$BIN/crm-token" && -f "$KEYS/users.pem" ]] ||
      fail "there are no keys yet; './crm up' makes them."
  "$BIN/crm-token" mint --key "$KEYS/users.pem" --issuer "$USERS_ISSUER" \
      --audience "$AUDIENCE" --role "$1" --tenant "$2" --subject "$3" --ttl 1h
}

# save_token: renews the development token in its file.
save_token() {
  (umask 0077 && mint_token tenant_admin demo developer > "$CRM_HOME/token.new")
  mv "$CRM_HOME/token.new" "$CRM_HOME/token"
}
