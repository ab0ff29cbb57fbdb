#!/usr/bin/env bash
# Installs what is missing and runs every check. Needs neither a GPU nor a display: a software Vulkan driver will do,
# the test of the window starts its own Xvfb, and the page runs in a headless Chromium on its own software GPU.
#
# The build directory lies outside the checkout: $CARGO_TARGET_DIR, or mnistify/target in $XDG_CACHE_HOME or ~/.cache.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mnistify
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
export MNISTIFY_WEB_DIST=${MNISTIFY_WEB_DIST:-$cache/web-dist}

if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
    # shellcheck source=/dev/null
    . "${CARGO_HOME:-$HOME/.cargo}/env"
fi
if ! command -v cargo >/dev/null; then
    echo "test.sh: there is no Rust here (no cargo). Install it with rustup, https://rustup.rs" >&2
    exit 1
fi

temporary=$(mktemp -d)
page=
# The page's build is a process group of its own.
trap 'if [ -n "$page" ]; then kill -- "-$page" 2>/dev/null || true; fi; rm -rf "$temporary"' EXIT
if [ -z "${XDG_RUNTIME_DIR-}" ]; then
    # Mesa complains on standard error where there is none.
    export XDG_RUNTIME_DIR=$temporary/runtime
    mkdir -m 700 "$XDG_RUNTIME_DIR"
fi

check() {
    local name=$1 begun=$SECONDS
    shift
    echo "== $name"
    if ! "$@"; then
        echo "== $name: FAILED after $((SECONDS - begun)) s" >&2
        exit 1
    fi
    echo "== $name: ok, $((SECONDS - begun)) s"
}

# rustup's minimal profile lacks these two.
rust_components() {
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        echo "adding rustfmt and clippy, which the checks use"
        rustup component add rustfmt clippy
    fi
}

documentation() {
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --release --workspace --no-deps
}

# The page compiles, at the lowest priority, beside the native build and its tests, which leave a core idle now and then.
compile_page() {
    set -m
    nice -n 19 web/build.sh --out "$MNISTIFY_WEB_DIST" </dev/null >"$temporary/page" 2>&1 &
    page=$!
    set +m
}

compiled_page() {
    local built=0
    wait "$page" || built=$?
    page=
    cat "$temporary/page"
    return "$built"
}

# Two versions of wgpu would be two GPU devices, and burn's buffers could not be drawn from.
one_wgpu() {
    local found
    found=$(grep -c '^name = "wgpu"$' Cargo.lock || true)
    if [ "$found" != 1 ]; then
        echo "Cargo.lock holds $found versions of wgpu, expected 1: bevy, bevy_egui and burn must agree" >&2
        return 1
    fi
}

features_of() {
    cargo tree --locked --prefix none --format '{p} {f}' "$@" | sed 's/ ([*])$//; s/ (proc-macro)//' | LC_ALL=C sort -u
}

# Where the trainer or a test asks a dependency of the app for one feature more, run.sh and the tests below build Bevy or
# burn each for themselves. What is missing belongs beside the other features in Cargo.toml.
same_features() {
    features_of -p mnistify -e normal,build >"$temporary/app-features" || return 1
    features_of --workspace -e normal,build,dev >"$temporary/all-features" || return 1
    local differing
    differing=$(LC_ALL=C comm -23 "$temporary/app-features" "$temporary/all-features")
    if [ -n "$differing" ]; then
        printf 'the app alone builds these with other features than the whole workspace:\n%s\n' "$differing" >&2
        return 1
    fi
}

paths() {
    find . -name .git -prune -o -print | LC_ALL=C sort
}

# Tests write only outside of the checkout.
nothing_left_behind() {
    paths >"$temporary/after"
    local added
    added=$(LC_ALL=C comm -13 "$temporary/before" "$temporary/after")
    if [ -n "$added" ]; then
        printf 'the checks left these in the checkout:\n%s\n' "$added" >&2
        return 1
    fi
}

paths >"$temporary/before"
check "system packages" scripts/install-system.sh --tests --web
check "rustfmt and clippy" rust_components
check "format" cargo fmt --all --check
# Clippy needs only the dependencies' metadata; the tests then build all of them, and run.sh's app with them.
check "clippy" cargo clippy --locked --release --workspace --all-targets -- -D warnings
compile_page
check "tests" cargo test --locked --release --workspace
check "documentation" documentation
check "the page" compiled_page
check "the page in a browser" web/test.sh
check "one wgpu" one_wgpu
check "same features" same_features
check "nothing left behind" nothing_left_behind
echo "all checks passed in $(((SECONDS + 59) / 60)) min"
