#!/usr/bin/env bash
# Checks the protos with buf.
#
#   check_protos.sh lint       names, comments and layout follow protos/buf.yaml
#   check_protos.sh format     files look as `buf format` writes them
#   check_protos.sh breaking   nothing breaks clients of the git revision
#                              $CRM_PROTO_BASE (HEAD by default)
#
# Inputs, each with a default: CRM_BUF (the buf program), CRM_GOOGLE_PROTOS_DIR
# (the folder that holds google/api), CRM_PROTOS_DIR (the protos to check).
# Exits with 77 where the check cannot be made, and says why.
set -euo pipefail

readonly root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
readonly protos="${CRM_PROTOS_DIR:-$root/protos}"
readonly google="${CRM_GOOGLE_PROTOS_DIR:-$root/cmake/packages/node_modules/google-proto-files}"
readonly base="${CRM_PROTO_BASE:-HEAD}"

skip() {
  echo "skipped: $*"
  exit 77
}

find_buf() {
  local candidate
  for candidate in "${CRM_BUF:-}" "$root/tests/clients/node_modules/.bin/buf" \
      "$(command -v buf || true)"; do
    if [[ -x "$candidate" ]]; then
      echo "$candidate"
      return
    fi
  done
}

# lay_out WORKSPACE PROTOS: makes a buf workspace of PROTOS and the ecosystem's.
lay_out() {
  mkdir -p "$1/protos" "$1/ecosystem/google"
  cp "$protos/buf.yaml" "$1/buf.yaml"
  cp -r "$2/crm" "$1/protos/crm"
  local folder
  for folder in api longrunning rpc type; do
    mkdir "$1/ecosystem/google/$folder"
    cp "$google/google/$folder"/*.proto "$1/ecosystem/google/$folder/"
  done
}

check_breaking() {
  git -C "$root" rev-parse --verify --quiet "$base:protos/crm" > /dev/null ||
      skip "git has no protos at '$base' to compare with"
  mkdir "$work/old"
  git -C "$root" archive "$base" protos/crm | tar -x -C "$work/old"
  lay_out "$work/against" "$work/old/protos"
  "$buf" breaking "$work/now/protos" --against "$work/against/protos"
}

readonly buf="$(find_buf)"
[[ -n "$buf" ]] || skip "buf is not installed ('./crm test' installs it)"
readonly work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
lay_out "$work/now" "$protos"

case "${1:-}" in
  lint) (cd "$work/now" && "$buf" lint protos) ;;
  format) (cd "$work/now" && "$buf" format protos --diff --exit-code) ;;
  breaking) check_breaking ;;
  *) echo "usage: $0 lint|format|breaking" >&2; exit 2 ;;
esac
