# shellcheck shell=bash
# Builds and tests the suite with the presets of CMakePresets.json.

readonly PROGRAMS=(gateway operational analytical collaborative crm-audit
  crm-certs crm-token)
# What one compiler may need; more of them at once than fit would swap.
readonly COMPILER_MEMORY_KB=1500000

# compilers: how many compilers run at once.
compilers() {
  local cores memory_kb fitting
  cores="$(nproc)"
  memory_kb="$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
  fitting=$(( memory_kb / COMPILER_MEMORY_KB ))
  (( fitting >= 1 )) || fitting=1
  echo "${CRM_JOBS:-$(( cores < fitting ? cores : fitting ))}"
}

build_folder() { echo "$CRM_ROOT/build/$1"; }

# configure PRESET: once; from then on ninja sees itself when it has to.
configure() {
  [[ -f "$(build_folder "$1")/build.ninja" ]] && return
  say "Configuring build/$1 ..."
  (cd "$CRM_ROOT" && cmake --preset "$1" -Wno-dev --log-level=WARNING) ||
      fail "CMake could not configure the build; './crm doctor' may know why."
}

# build PRESET TARGET...: builds the targets, or all without one. What was built
# before a break is not built again.
build() {
  local preset="$1"
  shift
  configure "$preset"
  # Objects are found in the cache whatever folder the tree lies in.
  CCACHE_BASEDIR="$CRM_ROOT" CCACHE_NOHASHDIR=1 \
      ninja -C "$(build_folder "$preset")" -j "$(compilers)" "$@" ||
      fail "the build stopped; './crm up' or './crm test' goes on from there."
}

# build_programs: builds what ./crm up runs.
build_programs() {
  if [[ ! -x "$BIN/gateway" ]]; then
    say "Building the suite: 5 to 15 minutes on two cores the first time ..."
  fi
  build release "${PROGRAMS[@]}"
}

# use_node_in PRESET: makes a configured build run its tests with the node that
# comes first now; a build that is not configured yet finds it itself.
use_node_in() {
  local cache node
  cache="$(build_folder "$1")/CMakeCache.txt"
  node="$(command -v node)"
  if [[ -f "$cache" ]] && ! grep -q "^CRM_NODE:.*=$node\$" "$cache"; then
    cmake -Wno-dev --log-level=WARNING -DCRM_NODE="$node" "$(build_folder "$1")"
  fi
}

# What ThreadSanitizer can judge: programs that do not link gRPC, whose library
# is not built for it.
readonly TSAN_TESTS=(
  planted_race shared_storage_test shared_redis_test shared_cache_test
  shared_events_test shared_admission_test
)
# What a run in CI tests with the other sanitizers besides, a line in turn: all
# of them at once would take too long.
readonly SANITIZED_PARTS=(
  "shared_base_test shared_reflect_test shared_call_test shared_query_test shared_observe_test shared_admission_test shared_admission_simulation_test"
  "shared_storage_test"
  "shared_redis_test shared_cache_test shared_events_test shared_profile_test"
  "shared_auth_test shared_rpc_test shared_rpc_overload_test"
  "shared_resource_test shared_tabular_test"
  "gateway_http_test gateway_routing_test gateway_policy_test gateway_transcode_test"
  "gateway_test gateway_local_test"
  "services_operational_test services_operational_handlers_test services_collaborative_test services_analytical_domain_test"
  "services_analytical_test services_host_test"
)

# ctest_in PRESET CTEST-ARGUMENT...: runs tests that are built.
ctest_in() {
  local preset="$1"
  shift
  say "Running the tests of build/$preset ..."
  # What only the launcher understands, the programs under test would refuse.
  env -u CRM_HOME -u CRM_JOBS -u CRM_TLS ctest --test-dir "$(build_folder "$preset")" \
      --output-on-failure --no-tests=error --timeout 300 \
      -j "${CRM_JOBS:-$(nproc)}" "$@"
}

# test_programs PRESET PROGRAM...: builds and runs the tests of some programs.
test_programs() {
  local preset="$1"
  shift
  build "$preset" "$@"
  ctest_in "$preset" -L "^($(IFS='|'; echo "$*"))\$"
}

# run_sanitized_part: tests one of SANITIZED_PARTS, the next one with each commit.
run_sanitized_part() {
  local turn part
  turn="$(git -C "$CRM_ROOT" rev-list --count HEAD 2> /dev/null || date +%j)"
  part="${SANITIZED_PARTS[10#$turn % ${#SANITIZED_PARTS[@]}]}"
  say "With address and undefined-behaviour sanitizers: $part"
  # The names part at the blanks.
  # shellcheck disable=SC2086
  test_programs asan $part
}

# run_tests PRESET CTEST-ARGUMENT...: builds and runs the tests.
run_tests() {
  local preset="$1"
  shift
  setup test
  use_test_node
  use_node_in "$preset"
  if [[ "$preset" == tsan ]]; then
    # Its search for deadlocks ends a program that holds 64 locks at a fork, as
    # DuckDB's allocator does. A power cut takes fifty times as long under it, and
    # has one thread.
    TSAN_OPTIONS="detect_deadlocks=0 suppressions=$CRM_ROOT/tests/sanitizers/tsan_suppressions.txt" \
    CRM_POWER_CUTS=100 \
        test_programs tsan "${TSAN_TESTS[@]}"
    return
  fi
  if [[ "$preset" == release && "${CI:-}" == true && $# -eq 0 ]]; then
    run_sanitized_part
  fi
  build "$preset"
  ctest_in "$preset" "$@"
}
