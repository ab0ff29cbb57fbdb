#!/usr/bin/env bash
# Installs what is missing, builds the page and tests it in Chromium, without a GPU or a display:
#
#   web/test.sh [FILE…]      all tests, or those of the named files, such as drawing.mjs
#
# Everything is written outside the checkout, into mnistify in $XDG_CACHE_HOME or ~/.cache. Pictures of the page, and its
# state where a test failed, go to $MNISTIFY_WEB_ARTIFACTS, or to `artifacts` in the build directory.
set -euo pipefail

web=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mnistify
node_folder=$cache/web-node
export MNISTIFY_NODE_MODULES=$node_folder/node_modules
export MNISTIFY_WEB_DIST=${MNISTIFY_WEB_DIST:-$cache/web-dist}
export MNISTIFY_WEB_ARTIFACTS=${MNISTIFY_WEB_ARTIFACTS:-${MNISTIFY_WEB_TARGET_DIR:-$cache/target-web}/artifacts}

"$web/../scripts/install-system.sh" --web-tests

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

"$web/build.sh" --out "$MNISTIFY_WEB_DIST"

files=()
if [ $# -gt 0 ]; then
    for name in "$@"; do
        files+=("$web/tests/$(basename "$name")")
    done
else
    for name in serving packing native drawing networks sharing offline failures; do
        files+=("$web/tests/$name.mjs")
    done
fi

# One after the other: each draws in software on all cores.
exec node --test --test-concurrency=1 --test-reporter=spec "${files[@]}"
