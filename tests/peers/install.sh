#!/bin/sh
# Installs the independent Modbus, OPC UA and MQTT peers of the conformance tests into .peers/.
# Does nothing when they are already there; stops with a clear word when they cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target="$root/.peers"
if cmp -s "$here/package-lock.json" "$target/.installed"; then
    exit 0
fi
PATH="$root/.venv/bin:$PATH"
command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
mkdir -p "$target"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$target/"
(cd "$target" && npm ci --silent)
cp "$here/package-lock.json" "$target/.installed"
