#!/usr/bin/env bash
# Shows that check_protos.sh passes on the protos as they are and fails once
# something is wrong with them.
set -uo pipefail

readonly here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
readonly lead="$work/protos/crm/operational/v1/lead.proto"
failures=0

# expect STATUS CHECK WHAT: the check ends with that status.
expect() {
  local output status
  output="$(CRM_PROTOS_DIR="$work/protos" "$here/check_protos.sh" "$2" 2>&1)"
  status=$?
  if [[ $status -eq 77 ]]; then
    echo "$output"
    exit 77
  fi
  if [[ $status -ne $1 ]]; then
    echo "FAILED: $3: '$2' ended with $status instead of $1"
    echo "$output"
    failures=$((failures + 1))
  fi
}

fresh() {
  rm -rf "$work/protos"
  cp -r "$here/../../protos" "$work/protos"
}

fresh
expect 0 format "the protos as they are"
sed -i 's/^  string display_name/  string   display_name/' "$lead"
expect 100 format "three spaces after a type"

fresh
sed -i '/The stage that a lead has reached/d' "$lead"
expect 100 lint "an enum without a comment"

fresh
sed -i 's/^  string company = 5 /  string company = 55 /' "$lead"
expect 100 breaking "a field with another number"

exit $((failures > 0))
