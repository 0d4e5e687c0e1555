#!/usr/bin/env bash
# Installs what is missing: Debian packages (tools/packages.txt) and DuckDB (npm). Does nothing when all is
# there. Usage: setup.sh build|test
set -euo pipefail
cd "$(dirname "$0")/.."

wanted() {
  grep -v '^#' tools/packages.txt | while IFS= read -r line; do
    case "${line}" in
      test:*) [[ "$1" == test ]] && echo "${line#test:}" ;;
      ?*) echo "${line}" ;;
    esac
  done
}

missing=()
for package in $(wanted "${1:-build}"); do
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "${package}" 2> /dev/null)" == installed ]] ||
    missing+=("${package}")
done
command -v npm > /dev/null || missing+=(nodejs npm)

if ((${#missing[@]})); then
  echo "installing: ${missing[*]}" >&2
  sudo=()
  if [[ "$(id -u)" != 0 ]]; then
    command -v sudo > /dev/null || { echo "root or sudo is needed to install packages" >&2; exit 1; }
    sudo=(sudo)
  fi
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update -qq >&2
  "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi
tools/fetch_duckdb.sh
