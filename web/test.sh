#!/usr/bin/env bash
# Installs what is missing, builds the page and tests it in Chromium, and a little in Firefox and WebKitGTK, without a GPU
# or a display:
#
#   web/test.sh [FILE…]      all tests, or those of the named files, such as drawing.mjs
#
# Everything is written outside the checkout, into mnistify in $XDG_CACHE_HOME or ~/.cache. The page's picture and state
# where a test failed, and with $MNISTIFY_WEB_PICTURES set every step's picture, go to $MNISTIFY_WEB_ARTIFACTS, or to
# `artifacts` in the build directory. The random networks are those of $MNISTIFY_RANDOM_SEED, or always the same ones.
set -euo pipefail

web=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$web")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mnistify
node_folder=$cache/web-node
export MNISTIFY_NODE_MODULES=$node_folder/node_modules
export MNISTIFY_WEB_DIST=${MNISTIFY_WEB_DIST:-$cache/web-dist}
export MNISTIFY_WEB_ARTIFACTS=${MNISTIFY_WEB_ARTIFACTS:-${MNISTIFY_WEB_TARGET_DIR:-$cache/target-web}/artifacts}

"$root/scripts/install-system.sh" --web-tests

if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'; then
    echo "web/test.sh: the tests need Node 20 or later; this is $(node --version)" >&2
    exit 1
fi

# npm only works beside a package.json, so that is copied to where the packages may lie. The copy of the lock file is
# made last: it says that all of it is there.
if ! cmp -s "$web/package-lock.json" "$node_folder/installed-lock.json"; then
    mkdir -p "$node_folder"
    rm -f "$node_folder/installed-lock.json"
    cp "$web/package.json" "$web/package-lock.json" "$node_folder/"
    (cd "$node_folder" && npm ci --ignore-scripts --no-audit --no-fund >&2)
    cp "$web/package-lock.json" "$node_folder/installed-lock.json"
fi

"$MNISTIFY_NODE_MODULES/.bin/tsc" -p "$web/jsconfig.json" --types "$MNISTIFY_NODE_MODULES/@webgpu/types"

"$web/build.sh" --out "$MNISTIFY_WEB_DIST"

files=()
if [ $# -gt 0 ]; then
    for name in "$@"; do
        files+=("$web/tests/$(basename "$name")")
    done
else
    for name in serving packing graphics hands gamepad keeping storing lessons languages links native random_networks padfirst access drawing devices networks sharing offline exhibit school failures engines; do
        files+=("$web/tests/$name.mjs")
    done
fi

# The program that makes random networks. `cargo test` builds it along, and if that is not older than its sources, cargo
# is not asked. Otherwise the same choice of packages and features as there, so that nothing is built twice.
native_target=${CARGO_TARGET_DIR:-$cache/target}
generator=$native_target/release/examples/random_networks
build_generator() {
    local newer
    newer=$(find "$root/src/network" "$root/Cargo.toml" "$root/Cargo.lock" -type f -newer "$generator" 2>/dev/null ||
        echo unknown)
    if [ -x "$generator" ] && [ -z "$newer" ]; then
        return
    fi
    if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
        # shellcheck source=/dev/null
        . "${CARGO_HOME:-$HOME/.cargo}/env"
    fi
    (cd "$root" && CARGO_TARGET_DIR=$native_target \
        cargo build --locked --release --workspace --example random_networks)
}

for file in "${files[@]}"; do
    if [ "$(basename "$file")" = random_networks.mjs ]; then
        export MNISTIFY_RANDOM_NETWORKS=$cache/random-networks
        build_generator
        "$generator" --seed "${MNISTIFY_RANDOM_SEED:-1}" --count 6 --out "$MNISTIFY_RANDOM_NETWORKS"
    fi
done

# One after the other: each draws in software on all cores.
exec node --test --test-concurrency=1 --test-reporter=spec "${files[@]}"
