#!/usr/bin/env bash
# Installs what is missing, builds, and runs `penstock SUBCOMMAND ...` (without arguments: `penstock demo`).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

"${here}/tools/setup.sh" build
cd "${here}"
if [[ ! -f build/release/build.ninja ]]; then
  mkdir -p build
  cmake --preset release > build/release-configure.log 2>&1 || { cat build/release-configure.log >&2; exit 1; }
fi
ninja -C build/release penstock > build/release-build.log 2>&1 || { cat build/release-build.log >&2; exit 1; }
cd - > /dev/null

if (($# == 0)); then
  set -- demo
fi
exec "${here}/build/release/bin/penstock" "$@"
