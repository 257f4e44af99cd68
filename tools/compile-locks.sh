#!/bin/sh
# Compiles the hash-pinned locks; they hold no address.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras \
        --no-header --no-emit-index-url --no-emit-find-links -q pyproject.toml "$@"
}
compile --group build -o requirements.lock
compile --group dev -o requirements-dev.lock
