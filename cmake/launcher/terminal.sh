# shellcheck shell=bash
# How ./crm talks: progress to standard output, problems to standard error.

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
  readonly BOLD=$'\e[1m' PLAIN=$'\e[0m'
else
  readonly BOLD='' PLAIN=''
fi

# say TEXT...: tells what happens now.
say() { printf '%s\n' "${BOLD}crm:${PLAIN} $*"; }

# warn TEXT...: tells of something that is not as it should be.
warn() { printf 'crm: %s\n' "$*" >&2; }

# fail TEXT...: tells why it cannot go on, and ends.
fail() {
  warn "$@"
  exit 1
}

# bad_usage TEXT...: tells what was wrong about the command line, and ends.
bad_usage() {
  warn "$*" "'./crm help' lists the commands."
  exit 2
}

# has COMMAND: whether there is such a program.
has() { command -v "$1" > /dev/null 2>&1; }

# confirm QUESTION: whether the user says yes; without a terminal nobody does.
confirm() {
  local answer
  [[ -t 0 ]] || return 1
  read -r -p "crm: $1 [y/N] " answer
  [[ "$answer" == [yY]* ]]
}
