# shellcheck shell=bash
# Runs what takes longer than a test may: fuzzers, faults and benchmarks.

# fuzz_targets: the names of all fuzz targets.
fuzz_targets() {
  local folder
  for folder in "$CRM_ROOT"/tests/fuzz/corpus/*/; do basename "$folder"; done
}

# run_fuzzers SECONDS TARGET...: fuzzes each target (all without one) for so
# long, one after the other. New inputs are kept in CRM_HOME/fuzz, findings
# too; the first finding ends it.
run_fuzzers() {
  local seconds="$1" target
  shift
  local -a targets=("$@")
  (( ${#targets[@]} > 0 )) || mapfile -t targets < <(fuzz_targets)
  for target in "${targets[@]}"; do
    [[ -d "$CRM_ROOT/tests/fuzz/corpus/$target" ]] ||
        bad_usage "'$target' is no fuzz target; there are:" \
            "$(fuzz_targets | paste -sd' ' -)."
  done
  setup fuzz
  build fuzz "${targets[@]/#/fuzz_}"
  for target in "${targets[@]}"; do
    say "Fuzzing $target for $seconds s ..."
    mkdir -p "$CRM_HOME/fuzz/$target"
    "$(build_folder fuzz)/bin/fuzz_$target" -max_total_time="$seconds" \
        -timeout=10 -rss_limit_mb=2048 -max_len=16384 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$CRM_HOME/fuzz/$target-" \
        "$CRM_HOME/fuzz/$target" "$CRM_ROOT/tests/fuzz/corpus/$target" ||
        fail "$target: the input lies in $CRM_HOME/fuzz; add it to" \
            "tests/fuzz/corpus/$target with the mend."
  done
}

# run_faults SEED ROUNDS FAULT...: runs the suite under the faults (all without
# one), each so often, and judges what was promised.
run_faults() {
  local seed="$1" rounds="$2" chosen=all
  shift 2
  if (( $# > 0 )); then chosen="$(IFS=,; echo "$*")"; fi
  setup test
  use_test_node
  use_node_in release
  build release "${PROGRAMS[@]}" crm_clock_shim
  say "Running the suite under faults; seed $seed repeats this run ..."
  env -u CRM_HOME -u CRM_JOBS CRM_TEST_SEED="$seed" CRM_FAULT_ROUNDS="$rounds" \
      CRM_FAULTS="$chosen" CRM_BIN_DIR="$BIN" \
      CRM_CLOCK_SHIM="$(build_folder release)/tests/faults/libcrm_clock_shim.so" \
      node --test --test-reporter=spec "$CRM_ROOT/tests/faults/nemesis_test.mjs"
}

# bench_names: the names of all benchmarks.
bench_names() {
  local file
  for file in "$CRM_ROOT"/tests/bench/*_bench.cc; do basename "$file" _bench.cc; done
}

# run_bench [NAME [COUNT...]]: runs one benchmark, with its counts, or all.
run_bench() {
  local name
  local -a names=("${1:-}") targets
  [[ -n "${names[0]}" ]] || mapfile -t names < <(bench_names)
  for name in "${names[@]}"; do
    [[ -f "$CRM_ROOT/tests/bench/${name}_bench.cc" ]] ||
        bad_usage "'$name' is no benchmark; there are:" \
            "$(bench_names | paste -sd' ' -)."
  done
  shift || true
  setup test
  targets=("${names[@]/%/_bench}")
  build release "${PROGRAMS[@]}" "${targets[@]}"
  for name in "${targets[@]}"; do
    say "$name (load of the machine: $(cut -d' ' -f1 /proc/loadavg)) ..."
    "$BIN/$name" "$@"
  done
}
