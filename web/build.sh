#!/usr/bin/env bash
# Installs what is missing and builds the page:
#
#   web/build.sh [--out DIR] [--published]
#
#   --out DIR     where the page goes; web/dist if not said
#   --published   as the page is given away: a quarter smaller to load, and compiled anew for minutes at every change
#
# The build directory lies outside the checkout: $MNISTIFY_WEB_TARGET_DIR, or mnistify/target-web in $XDG_CACHE_HOME or
# ~/.cache. Tools and compressed files are kept beside it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mnistify
out=$root/web/dist
profile=web

usage() {
    echo "usage: web/build.sh [--out DIR] [--published]" >&2
    exit 2
}

say() {
    echo "web/build.sh: $*" >&2
}

while [ $# -gt 0 ]; do
    case $1 in
        --out)
            [ -n "${2-}" ] || usage
            out=$2
            shift 2
            ;;
        --published)
            profile=web-published
            shift
            ;;
        *) usage ;;
    esac
done

# The work below is done in the checkout, but the folder was named from where the caller stands.
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$root"

if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
    # shellcheck source=/dev/null
    . "${CARGO_HOME:-$HOME/.cargo}/env"
fi
if ! command -v cargo >/dev/null; then
    say "there is no Rust here (no cargo). Install it with rustup, https://rustup.rs"
    exit 1
fi

scripts/install-system.sh --web

rust_has_wasm() {
    local sysroot
    sysroot=$(rustc --print sysroot) && [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ]
}

# RUSTFLAGS would replace the flags in .cargo/config.toml, without which the page does not link.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS

# Each compiler has its own directory, so that going back and forth between them builds nothing twice.
compiler=()
arguments=()
if rust_has_wasm; then
    target=${MNISTIFY_WEB_TARGET_DIR:-$cache/target-web-rustup}
else
    # Debian's compiler comes without a standard library for browsers, so cargo compiles that too, from its source. Cargo
    # and the compiler count this as unstable.
    target=${MNISTIFY_WEB_TARGET_DIR:-$cache/target-web}
    compiler=(RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1)
    arguments=("-Zbuild-std=std,panic_abort")
    if [ ! -x /usr/bin/rustc ] || [ ! -f /usr/lib/rustlib/src/rust/library/Cargo.lock ]; then
        say "Rust here cannot compile for browsers, and Debian's rustc-web and rust-web-src are not installed"
        exit 1
    fi
fi

# Both programs in one call: then the features of what they share are the same, and it is compiled once.
say "compiling; only the first time is long"
env CARGO_TARGET_DIR="$target" ${compiler[@]+"${compiler[@]}"} \
    cargo build --locked --profile "$profile" --target wasm32-unknown-unknown ${arguments[@]+"${arguments[@]}"} \
    -p mnistify -p mnistify-fallback --bin mnistify --bin fallback
built=$target/wasm32-unknown-unknown/$profile

# The tool and the library must be of the very same version.
version=$(awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
if [ -z "$version" ]; then
    say "Cargo.lock names no wasm-bindgen"
    exit 1
fi

is_bindgen() {
    [ "$("$1" --version 2>/dev/null)" = "wasm-bindgen $version" ]
}

install_bindgen() {
    env -u RUSTC -u RUSTC_BOOTSTRAP -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$cache/tools/build" \
        cargo install --force --version "=$version" --root "$cache/tools" "$@" wasm-bindgen-cli
}

if is_bindgen wasm-bindgen; then
    bindgen=wasm-bindgen
else
    bindgen=$cache/tools/bin/wasm-bindgen
    if ! is_bindgen "$bindgen"; then
        say "installing wasm-bindgen-cli $version"
        # Its lock file may name versions that a mirror of crates.io does not have (yet).
        install_bindgen --locked || install_bindgen
        rm -rf "$cache/tools/build"
    fi
fi

# A program as WebAssembly (NAME_bg.wasm) and the JavaScript around it (NAME.js), made anew only if the program or
# wasm-bindgen changed.
modules=$target/$profile-page
mkdir -p "$modules"
module() {
    local program=$built/$1.wasm name=$2 result=$modules/$2_bg.wasm
    if [ "$result" -nt "$program" ] && [ "$(cat "$modules/$name.made-by" 2>/dev/null)" = "$version" ]; then
        return
    fi
    rm -f "$modules/$name.made-by"
    say "making $name.wasm"
    "$bindgen" --target web --no-typescript --remove-name-section --out-dir "$modules" --out-name "$name" "$program"
    echo "$version" >"$modules/$name.made-by"
}
module mnistify app
module fallback cpu

node web/pack.mjs --modules "$modules" --out "$out" --cache "$cache/brotli"
