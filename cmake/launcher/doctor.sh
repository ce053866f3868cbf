# shellcheck shell=bash
# Finds out why something does not work, and says what to do about it.

readonly LEAST_DISK_KB=1048576
readonly OLDEST_COMPILER=12
readonly OLDEST_CMAKE=3.25
readonly OLDEST_REDIS=7.0.15

PROBLEMS=0

good() { printf '  OK       %s\n' "$*"; }

# problem WHAT REMEDY
problem() {
  printf '  PROBLEM  %s\n           -> %s\n' "$1" "$2"
  PROBLEMS=$(( PROBLEMS + 1 ))
}

# at_least VERSION LEAST: whether a version is as new as another.
at_least() { [[ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]; }

check_packages() {
  has dpkg-query || return 0
  local missing
  missing="$(missing_packages run | paste -sd' ' -)"
  if [[ -n "$missing" ]]; then
    problem "These Debian packages are missing: $missing" \
        "./crm setup, or: apt-get install --no-install-recommends $missing"
  else
    good "All Debian packages are installed."
  fi
}

check_npm() {
  if npm_is_current "$NPM_INPUTS"; then
    good "The npm packages of the build are those of the lock file."
  else
    problem "The npm packages of the build are missing or old." "./crm setup"
  fi
}

check_node() {
  if (( $(node_major) >= OLDEST_NODE )); then
    good "Node $(node --version) runs the clients."
  else
    problem "There is no Node $OLDEST_NODE or newer." "./crm setup"
  fi
}

check_compiler() {
  local version
  version="$(c++ -dumpfullversion -dumpversion 2> /dev/null || echo 0)"
  if echo 'static_assert(__cplusplus >= 202002L); int main() {}' |
      c++ -std=c++20 -x c++ -fsyntax-only - 2> /dev/null &&
      at_least "$version" "$OLDEST_COMPILER"; then
    good "The compiler $(command -v c++) is version $version."
  else
    problem "The compiler c++ is version $version; C++20 needs g++ $OLDEST_COMPILER." \
        "apt-get install g++-12, then CXX=g++-12 ./crm up (after: rm -r build/release)"
  fi
}

check_cmake() {
  local version
  version="$(cmake --version 2> /dev/null | sed -n '1s/[^0-9]*//p')"
  if at_least "${version:-0}" "$OLDEST_CMAKE"; then
    good "CMake is version $version."
  else
    problem "CMake is version ${version:-none}; $OLDEST_CMAKE is needed." \
        "apt-get install cmake"
  fi
}

check_redis() {
  local version
  version="$(redis-server --version 2> /dev/null |
      sed -n 's/.* v=\([0-9.]*\) .*/\1/p')"
  if [[ -z "$version" ]]; then
    problem "Redis is not installed." "apt-get install redis-server"
  elif at_least "$version" "$OLDEST_REDIS"; then
    good "Redis is version $version."
  else
    problem "Redis is version $version; those before $OLDEST_REDIS have bugs that lose events." \
        "apt-get update && apt-get install redis-server"
  fi
}

# check_disk FOLDER
check_disk() {
  local folder="$1" free
  while [[ ! -d "$folder" ]]; do folder="$(dirname "$folder")"; done
  free="$(df -Pk "$folder" | awk 'NR == 2 {print $4}')"
  if (( free >= LEAST_DISK_KB )); then
    good "$(( free / LEAST_DISK_KB )) GiB are free in $folder."
  else
    problem "Only $(( free / 1024 )) MiB are free in $folder." \
        "free 1 GiB there, or put the data elsewhere with CRM_HOME=..."
  fi
}

check_build() {
  local newer
  if [[ ! -x "$BIN/gateway" ]]; then
    problem "The suite is not built." "./crm up builds it"
    return
  fi
  newer="$(find "$CRM_ROOT"/{protos,shared,services,gateway} -newer "$BIN/gateway" \
      \( -name '*.cc' -o -name '*.h' -o -name '*.proto' \) -print -quit)"
  if [[ -n "$newer" ]] && ! is_built; then
    problem "The build is older than its sources (${newer#"$CRM_ROOT/"} is newer)." \
        "./crm up builds it anew"
  else
    good "The build is as new as its sources."
  fi
}

# is_built: whether ninja would have nothing to do for the programs.
is_built() {
  ninja -C "$(build_folder release)" -n "${PROGRAMS[@]}" 2> /dev/null |
      grep -q 'no work to do'
}

check_pid_files() {
  local file stale=''
  for file in "$RUN"/*.pid; do
    [[ -f "$file" ]] || continue
    pid_of "$(basename "$file" .pid)" > /dev/null || stale+=" $(basename "$file")"
  done
  if [[ -n "$stale" ]]; then
    problem "Processes have gone without saying so:$stale" \
        "./crm down tidies up, ./crm logs shows their last words"
  else
    good "Every process that should be running is."
  fi
}

# check_orphans: without their supervisor, processes are not started again.
check_orphans() {
  local name orphans=''
  pid_of supervisor > /dev/null && return
  for name in "${PROCESSES[@]}"; do
    if pid_of "$name" > /dev/null; then orphans+=" $name"; fi
  done
  if [[ -n "$orphans" ]]; then
    problem "Nobody looks after these processes:$orphans" "./crm down"
  fi
}

check_ports() {
  local taken line name running=0
  for name in supervisor "${PROCESSES[@]}"; do
    if pid_of "$name" > /dev/null; then running=1; fi
  done
  (( running == 0 )) || return 0
  taken="$(taken_addresses)"
  if [[ -z "$taken" ]]; then
    good "All ports are free."
    return
  fi
  while IFS= read -r line; do
    problem "The port $line." "end that process, or ./crm up --port 18080"
  done <<< "$taken"
}

check_processes() {
  local name
  pid_of supervisor > /dev/null || return 0
  for name in "${PROCESSES[@]}"; do
    if is_ready "$name"; then
      good "$name is ready."
    else
      problem "$name is not ready." "./crm logs $name"
    fi
  done
}

doctor() {
  (( $# == 0 )) || bad_usage "doctor takes no arguments."
  load_addresses
  check_packages
  check_npm
  check_node
  check_compiler
  check_cmake
  check_redis
  check_disk "$CRM_ROOT"
  check_disk "$CRM_HOME"
  check_build
  check_pid_files
  check_orphans
  check_ports
  check_processes
  if (( PROBLEMS == 0 )); then
    say "Nothing is wrong."
  else
    say "$PROBLEMS problems."
  fi
  return $(( PROBLEMS < 100 ? PROBLEMS : 100 ))
}
