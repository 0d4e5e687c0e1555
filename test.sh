#!/usr/bin/env bash
# Installs what is missing, builds the server and its tests with sanitizers, and runs all tests. Arguments go
# to ctest, e.g. ./test.sh -R s3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

tools/setup.sh test
if [[ ! -f build/asan/build.ninja ]]; then
  mkdir -p build
  cmake --preset asan > build/asan-configure.log 2>&1 || { cat build/asan-configure.log; exit 1; }
fi
echo "building build/asan ..."
ninja -C build/asan > build/asan-build.log 2>&1 || { tail -n 60 build/asan-build.log; exit 1; }

export ASAN_OPTIONS="detect_leaks=1:detect_container_overflow=0:abort_on_error=0:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
# The wire and crash tests run the sanitized server, unless PENSTOCK_BIN names another one, e.g.
# PENSTOCK_BIN=build/release/bin/penstock ./test.sh -L wire
exec ctest --test-dir build/asan --output-on-failure -j2 "$@"
