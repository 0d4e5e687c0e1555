#!/usr/bin/env bash
# Installs what is missing, builds the server and its tests, and runs all tests. Arguments go
# to ctest, e.g. ./test.sh -R s3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

tools/setup.sh test
preset="${PENSTOCK_PRESET:-asan}"  # AddressSanitizer, UndefinedBehaviorSanitizer and the fuzz targets. Or debug, tsan.
build="build/${preset}"
if [[ ! -f "${build}/build.ninja" ]]; then
  mkdir -p build
  cmake --preset "${preset}" > "${build}-configure.log" 2>&1 || { cat "${build}-configure.log"; exit 1; }
fi
echo "building ${build} ..."
ninja -C "${build}" > "${build}-build.log" 2>&1 || { tail -n 60 "${build}-build.log"; exit 1; }

export ASAN_OPTIONS="detect_leaks=1:detect_container_overflow=0:abort_on_error=0:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
# The wire and crash tests run the server of that build, unless PENSTOCK_BIN names another one, e.g.
# PENSTOCK_BIN=build/release/bin/penstock ./test.sh -L wire
exec ctest --test-dir "${build}" --output-on-failure -j2 "$@"
