# shellcheck shell=bash
# Builds and tests the suite with the presets of CMakePresets.json.

readonly PROGRAMS=(gateway operational analytical collaborative crm-token)
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

# run_tests PRESET CTEST-ARGUMENT...: builds and runs the tests.
run_tests() {
  local preset="$1"
  shift
  setup test
  use_test_node
  use_node_in "$preset"
  build "$preset"
  say "Running the tests of build/$preset ..."
  # What only the launcher understands, the programs under test would refuse.
  exec env -u CRM_HOME -u CRM_JOBS ctest --test-dir "$(build_folder "$preset")" --output-on-failure \
      --no-tests=error --timeout 300 -j "${CRM_JOBS:-$(nproc)}" "$@"
}
