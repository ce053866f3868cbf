#!/bin/sh
# Runs a test of this folder: run_node_test.sh NODE FILE. Ends with 77, which
# ctest takes for skipped, where the test clients were not fetched.
set -eu
here="$(dirname "$0")"
if [ ! -d "$here/../clients/node_modules/yaml" ]; then
  echo "Skipped: 'npm install --no-save --ignore-scripts' in tests/clients fetches what this needs."
  exit 77
fi
exec "$1" --test "$here/$2"
