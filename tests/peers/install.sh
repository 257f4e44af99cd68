#!/bin/sh
# Installs the independent Modbus, OPC UA and MQTT peers of the conformance tests into .peers/.
# Does nothing when they are already there; stops with a clear word when they cannot be had.
# socat, mbpoll, a C compiler and libmodbus come from the system's packages when they are missing
# (Debian).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target="$root/.peers"
PATH="$root/.venv/bin:$PATH"
mkdir -p "$target"

system_packages() {
    missing=""
    command -v socat >/dev/null || missing="$missing socat"
    command -v mbpoll >/dev/null || missing="$missing mbpoll"
    command -v cc >/dev/null || missing="$missing gcc libc6-dev"
    [ -e /usr/include/modbus/modbus.h ] || missing="$missing libmodbus-dev"
    [ -n "$missing" ] || return 0
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

libmodbus_server() {
    source="$here/libmodbus_server.c"
    cmp -s "$source" "$target/libmodbus_server.c" && [ -x "$target/libmodbus_server" ] && return 0
    cc -O2 -Wall -o "$target/libmodbus_server" "$source" -lmodbus
    cp "$source" "$target/libmodbus_server.c"
}

node_peers() {
    cmp -s "$here/package-lock.json" "$target/.installed" && return 0
    command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$target/"
    (cd "$target" && npm ci --silent)
    cp "$here/package-lock.json" "$target/.installed"
}

python_peers() {
    lock="$here/requirements-python.lock"
    cmp -s "$lock" "$target/python/.installed" && return 0
    rm -rf "$target/python"
    "$root/.venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes \
        --no-deps --target "$target/python" -r "$lock"
    cp "$lock" "$target/python/.installed"
}

system_packages
libmodbus_server
node_peers
python_peers
