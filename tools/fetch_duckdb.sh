#!/usr/bin/env bash
# Fetches libduckdb.so and its headers with npm into DIR (default build/deps/duckdb):
#   DIR/libduckdb.so   DIR/include/duckdb.h, duckdb.hpp, ...
# Both packages are pinned to one version, and their bytes to the digests below, so that the library and
# the headers always belong together. Does nothing when DIR already holds what the stamp says.
set -euo pipefail

directory="${1:-"$(cd "$(dirname "$0")/.." && pwd)/build/deps/duckdb"}"

library_package='@duckdb/node-bindings-linux-x64@1.4.4-r.4'
library_sha512='jBTL/WvfwxLToFa/pVHfT6elMtltJGnc3wSuxZD9OfMltit9YUdVFS37vBFQzXMT1Z8OWjtSjMh+zPKxOwHLHA=='
headers_package='duckdb@1.4.4'
headers_sha512='hEJJ5hyVF0VLj3dmOLpsWrQR0b3d4Ykqtygm6iUXjHJDDnSqg/USKxcb5qvNrOhFYPgktayU6dXCtgPqcmmpog=='
stamp="${library_package} ${library_sha512} ${headers_package} ${headers_sha512}"

if [[ -f "${directory}/stamp" && "$(cat "${directory}/stamp")" == "${stamp}" ]]; then
  exit 0
fi
if [[ "$(uname -sm)" != 'Linux x86_64' ]]; then
  echo "fetch_duckdb: only Linux x86_64 is pinned, this is $(uname -sm)" >&2
  exit 1
fi
for tool in npm tar openssl; do
  command -v "${tool}" > /dev/null || { echo "fetch_duckdb: ${tool} is needed" >&2; exit 1; }
done

mkdir -p "${directory}"
work="$(mktemp -d "${directory}/fetch.XXXXXX")"
trap 'rm -rf "${work}"' EXIT

# fetch PACKAGE SHA512 NAME: leaves the verified tarball at ${work}/NAME.tgz.
fetch() {
  mkdir "${work}/$3"
  npm pack --loglevel=error --pack-destination "${work}/$3" "$1" > /dev/null || {
    echo "fetch_duckdb: npm could not fetch $1" >&2
    exit 1
  }
  mv "${work}/$3"/*.tgz "${work}/$3.tgz"
  local found
  found="$(openssl dgst -sha512 -binary "${work}/$3.tgz" | openssl base64 -A)"
  if [[ "${found}" != "$2" ]]; then
    echo "fetch_duckdb: $1 has digest ${found}, expected $2" >&2
    exit 1
  fi
}

fetch "${library_package}" "${library_sha512}" library
fetch "${headers_package}" "${headers_sha512}" headers
mkdir "${work}/out"
tar -xzf "${work}/library.tgz" -C "${work}/out" --strip-components=1 package/libduckdb.so package/LICENSE
tar -xzf "${work}/headers.tgz" -C "${work}/out" --strip-components=4 package/src/duckdb/src/include

rm -rf "${directory}/include" "${directory}/libduckdb.so" "${directory}/LICENSE" "${directory}/stamp"
mv "${work}/out"/* "${directory}/"
printf '%s' "${stamp}" > "${directory}/stamp"
