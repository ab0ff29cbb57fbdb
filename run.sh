#!/usr/bin/env bash
# Installs what is missing, builds Mnistify and starts it with the given arguments:
#
#   ./run.sh                     the app in a window
#   ./run.sh predict FILE.png    one of the commands without a window; ./run.sh --help lists them
#   ./run.sh web [--port N]      the page for browsers: builds it and serves it on this machine
#
# The build directory lies outside the checkout: $CARGO_TARGET_DIR, or mnistify/target in $XDG_CACHE_HOME or ~/.cache.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mnistify/target}

needs_window=yes
for argument in "$@"; do
    case $argument in
        predict | screenshot | learn | bench | web | help | -h | --help | -V | --version) needs_window=no ;;
    esac
done

# Before anything that takes long.
if [ "$needs_window" = yes ] && [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
    cat >&2 <<'TEXT'
run.sh: there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.
Without one:
  ./run.sh predict FILE.png
      what the networks read in a picture, as JSON
  ./run.sh screenshot --strokes assets/strokes/three.json --out /tmp/mnistify.png
      the whole app as a picture
TEXT
    exit 2
fi

if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
    # shellcheck source=/dev/null
    . "${CARGO_HOME:-$HOME/.cargo}/env"
fi
if ! command -v cargo >/dev/null; then
    cat >&2 <<'TEXT'
run.sh: there is no Rust here (no cargo). Install it with rustup, https://rustup.rs:
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh
then open a new terminal and run this again.
TEXT
    exit 1
fi

if [ "${1-}" = web ]; then
    shift
    case "${1-}" in
        "" | --port | --port=*) ;;
        *)
            echo "usage: run.sh web [--port N]" >&2
            exit 2
            ;;
    esac
    "$root/web/build.sh"
    exec node "$root/web/serve.mjs" "$@"
fi

"$root/scripts/install-system.sh"

# The app alone; its dependencies have the same features as in test.sh, so that nothing is built twice. Only the first
# build is long.
cargo build --manifest-path "$root/Cargo.toml" --release -p mnistify
exec "$CARGO_TARGET_DIR/release/mnistify" "$@"
