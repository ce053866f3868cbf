# shellcheck shell=bash
# Fetches what the suite is built from, all of it by package name: Debian
# packages, and the npm packages pinned beside this file. What is there already
# is left alone, so this is quick the second time.

# To build and run.
readonly DEBIAN_PACKAGES=(
  build-essential ca-certificates ccache cmake curl libabsl-dev libboost-dev
  libcpp-httplib-dev libcsv-dev libcurl4-openssl-dev libdeflate-dev
  libeigen3-dev libexpat1-dev libgmock-dev libgrpc++-dev libgtest-dev
  libhiredis-dev
  libical-dev libicu-dev libidn2-dev libnghttp2-dev libnlopt-dev
  libphonenumber-dev libpq-dev libprotobuf-dev libre2-dev libsqlite3-dev
  libssl-dev mold ninja-build nlohmann-json3-dev pkgconf protobuf-compiler
  protobuf-compiler-grpc redis-server zlib1g-dev
)
# To test, besides.
readonly DEBIAN_TEST_PACKAGES=(git nghttp2-client pgbouncer postgresql-15)
# To fuzz, besides.
readonly DEBIAN_FUZZ_PACKAGES=(clang libclang-rt-14-dev)
# For npm packages and the shipped clients, unless a newer Node is there.
readonly DEBIAN_NODE_PACKAGES=(nodejs npm)
readonly OLDEST_NODE=18
# What the test clients need.
readonly OLDEST_TEST_NODE=20

readonly NPM_INPUTS="$CRM_ROOT/cmake/packages"
readonly NPM_CLIENTS="$CRM_ROOT/tests/clients"
readonly NPM_NODE="$CRM_ROOT/tests/clients/node"

# node_major: the major version of node, 0 without one.
node_major() {
  local version
  version="$(node --version 2> /dev/null)" || version=v0
  version="${version#v}"
  echo "${version%%.*}"
}

# missing_packages PURPOSE: what is wanted for it and not installed, one a line.
missing_packages() {
  local installed package
  installed="$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' \
      2> /dev/null)" || true
  for package in $(wanted_packages "$1" | sort -u); do
    grep -qxF "installed $package" <<< "$installed" || echo "$package"
  done
}

# wanted_packages PURPOSE: what is to be installed for `run`, `test` or `fuzz`.
wanted_packages() {
  printf '%s\n' "${DEBIAN_PACKAGES[@]}"
  [[ "$1" != test ]] || printf '%s\n' "${DEBIAN_TEST_PACKAGES[@]}"
  [[ "$1" != fuzz ]] || printf '%s\n' "${DEBIAN_FUZZ_PACKAGES[@]}"
  if (( $(node_major) < OLDEST_NODE )) || ! has npm; then
    printf '%s\n' "${DEBIAN_NODE_PACKAGES[@]}"
  fi
}

# npm_stamp FOLDER: what its lock file asks for, in one word.
npm_stamp() { sha256sum < "$1/package-lock.json" | cut -d' ' -f1; }

# npm_is_current FOLDER: whether its packages are those of its lock file.
npm_is_current() {
  [[ -f "$1/node_modules/.crm-stamp" ]] &&
      [[ "$(< "$1/node_modules/.crm-stamp")" == "$(npm_stamp "$1")" ]]
}

# npm_folders PURPOSE: the folders whose npm packages are needed for it.
npm_folders() {
  echo "$NPM_INPUTS"
  [[ "$1" == test ]] || return 0
  echo "$NPM_CLIENTS"
  local major
  major="$(node_major)"
  # Without any node, Debian's own will be installed, which is older.
  if (( major < OLDEST_TEST_NODE )); then echo "$NPM_NODE"; fi
}

# become_root: sets AS_ROOT to what runs a command as root; fails if nothing does.
become_root() {
  AS_ROOT=()
  (( EUID != 0 )) || return 0
  has sudo || return 1
  if sudo -n true 2> /dev/null; then
    AS_ROOT=(sudo -n)
  elif [[ -t 0 ]]; then
    AS_ROOT=(sudo)
  else
    return 1
  fi
}

# download_size PACKAGE...: what apt says it will fetch and unpack.
download_size() {
  LC_ALL=C apt-get install --assume-no --no-install-recommends "$@" \
      2> /dev/null | sed -n -e 's/^Need to get \(.*\) of archives\./\1 to fetch/p' \
      -e 's/^After this operation, \(.*\) of additional .*/\1 on disk/p' |
      paste -sd, - | sed 's/,/, /'
}

# install_packages PACKAGE...: installs them with apt.
install_packages() {
  become_root ||
      fail "installing needs root, and sudo is not to be had. Run as root:" \
          $'\n\n'"  apt-get update && apt-get install --no-install-recommends $*" \
          $'\n\n'"then ./crm again."
  # The index of a fresh machine is empty, and an old one names files that are
  # gone.
  say "Asking apt for its index ..."
  ${AS_ROOT[@]+"${AS_ROOT[@]}"} apt-get update -qq
  say "Installing $# Debian packages: $(download_size "$@")."
  mkdir -p "$CRM_ROOT/build"
  ${AS_ROOT[@]+"${AS_ROOT[@]}"} env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
      apt-get install -y -q --no-install-recommends "$@" 2>&1 |
      tee "$CRM_ROOT/build/apt.log" | apt_progress ||
      fail "apt could not install them; run it again, what is there is kept." \
          "The end of build/apt.log:" \
          $'\n'"$(tail -n 10 "$CRM_ROOT/build/apt.log")"
}

# apt_progress: makes of what apt-get install says a line every tenth of the way.
apt_progress() {
  awk '
    / newly installed, / {steps = 2 * $3; next}
    /^(Unpacking|Setting up) / && steps > 0 {
      tenth = int(10 * ++done / steps)
      if (tenth > shown) {
        printf "  %3d %%\n", 10 * tenth
        fflush()
        shown = tenth
      }
    }'
}

# install_npm FOLDER: installs the packages of its lock file, in the versions and
# with the hashes that stand there. Not by 'npm ci', which refuses the file where
# a registry lacks optional packages for other platforms.
install_npm() {
  say "Installing npm packages in ${1#"$CRM_ROOT/"} ..."
  (cd "$1" && npm install --no-save --ignore-scripts --no-audit --no-fund \
      --loglevel=error) ||
      fail "npm could not install them; run it again, what is there is kept:" \
          $'\n'"  cd $1 && npm install --no-save --ignore-scripts"
  npm_stamp "$1" > "$1/node_modules/.crm-stamp"
}

# announce PACKAGES FOLDERS: says what will be fetched and how long that takes.
announce() {
  local -n packages_="$1" folders_="$2"
  say "To be fetched first, about 1 to 5 minutes in all:"
  if (( ${#packages_[@]} > 0 )); then
    printf '  Debian packages:\n'
    printf '%s\n' "${packages_[*]}" | fold -s -w 74 | sed 's/^/    /'
  fi
  local folder
  for folder in ${folders_[@]+"${folders_[@]}"}; do
    printf '  npm packages of %s:\n' "${folder#"$CRM_ROOT/"}"
    npm_names "$folder" | paste -sd' ' - | fold -s -w 74 | sed 's/^/    /'
  done
}

# npm_names FOLDER: the packages that its manifest names, with their versions.
npm_names() {
  sed -n '/ependencies": {/,/}/ s/^ *"\(.*\)": "\([0-9].*\)",\{0,1\}$/\1@\2/p' \
      "$1/package.json"
}

# setup PURPOSE: fetches what is missing to `run`, `test` or `fuzz`.
setup() {
  local list folder
  local -a packages=() stale=()
  if has dpkg-query; then
    list="$(missing_packages "$1")"
    if [[ -n "$list" ]]; then mapfile -t packages <<< "$list"; fi
  else
    warn "this is no Debian machine; it needs what these packages hold:" \
        "$(wanted_packages "$1" | paste -sd' ' -)"
  fi
  list="$(npm_folders "$1")"
  while IFS= read -r folder; do
    npm_is_current "$folder" || stale+=("$folder")
  done <<< "$list"
  (( ${#packages[@]} + ${#stale[@]} > 0 )) || return 0
  announce packages stale
  if (( ${#packages[@]} > 0 )); then install_packages "${packages[@]}"; fi
  for folder in ${stale[@]+"${stale[@]}"}; do install_npm "$folder"; done
}

# use_test_node: puts Node 20 in front where the machine's own is older.
use_test_node() {
  local program
  (( $(node_major) < OLDEST_TEST_NODE )) || return 0
  for program in "$NPM_NODE"/node_modules/node-linux-*/bin; do
    [[ -x "$program/node" ]] && PATH="$program:$PATH"
  done
  export PATH
}
