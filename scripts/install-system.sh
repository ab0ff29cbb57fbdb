#!/usr/bin/env bash
# Installs what Mnistify needs from the system, where it is missing: through apt where there is apt, else it names the
# packages. With --tests also what the tests need, with --web what the web page is built with, with --web-tests what the
# page's tests need. Everything it says goes to standard error.
#
#   scripts/install-system.sh [--tests] [--web] [--web-tests]
#   scripts/install-system.sh --loaded    only prints the names of Debian's packages that a built program loads
set -euo pipefail

tests=no web=no web_tests=no loaded_only=no
for argument in "$@"; do
    case $argument in
        --tests) tests=yes ;;
        --web) web=yes ;;
        --web-tests) web_tests=yes ;;
        --loaded) loaded_only=yes ;;
        *)
            echo "usage: $0 [--tests] [--web] [--web-tests] | --loaded" >&2
            exit 2
            ;;
    esac
done

say() {
    echo "install-system: $*" >&2
}

# Whether the Rust that cargo uses compiles for browsers: the same as `rustup target list --installed`, but also where
# Rust did not come from rustup.
rust_has_wasm() {
    local sysroot
    sysroot=$(rustc --print sysroot 2>/dev/null) && [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ]
}

# Asks rustup for it, but only once for each version of Rust: without a network the question can take long, and it
# would come with every build.
add_wasm_to_rust() {
    local folder refused version
    folder=${MNISTIFY_WEB_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mnistify/target-web}
    refused=$folder/rustup-has-no-wasm
    version=$(rustc --version 2>/dev/null) || return 1
    if ! command -v rustup >/dev/null || [ "$(cat "$refused" 2>/dev/null)" = "$version" ]; then
        return 1
    fi
    local limit=()
    if command -v timeout >/dev/null; then
        limit=(timeout 60)
    fi
    say "adding Rust's target wasm32-unknown-unknown"
    if ${limit[@]+"${limit[@]}"} rustup target add wasm32-unknown-unknown >&2 && rust_has_wasm; then
        return
    fi
    say "rustup could not add it; delete $refused to have it asked again"
    mkdir -p "$folder"
    echo "$version" >"$refused"
    return 1
}

# Package and reason.
loaded=(
    "libvulkan1|the Vulkan loader, loaded at run time"
    "libx11-6|the window, loaded at run time"
    "libx11-xcb1|the window, loaded at run time"
    "libxcursor1|the mouse pointer, loaded at run time"
    "libxi6|mouse and touch input, loaded at run time"
    "libxrandr2|screen sizes, loaded at run time"
    "libxkbcommon0|the keyboard, loaded at run time"
    "libxkbcommon-x11-0|the keyboard, loaded at run time"
    "libwayland-client0|the window where there is no X11, loaded at run time"
)
if [ "$loaded_only" = yes ]; then
    printf '%s\n' "${loaded[@]%%|*}"
    exit
fi
wanted=(
    "build-essential|a C compiler and the linker that Rust calls"
    "pkg-config|finds system libraries during the build"
    "libudev-dev|finds gamepads"
    "mesa-vulkan-drivers|Vulkan drivers, a software one among them"
    "${loaded[@]}"
)
if [ "$tests" = yes ]; then
    wanted+=(
        "xvfb|a display without a screen, for the test of the window"
        "xdotool|moves the pointer in the test of the window"
        "weston|a Wayland display without a screen, for the same"
    )
fi
if [ "$web" = yes ] && ! rust_has_wasm && ! add_wasm_to_rust; then
    if ! grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then
        say "Rust here cannot compile for browsers; where there is a network: rustup target add wasm32-unknown-unknown"
        exit 1
    fi
    wanted+=(
        "rustc-web|a Rust compiler that can compile for browsers"
        "rust-web-src|the standard library's source, to compile it for browsers"
        "rust-web-llvm|the compiler's link to its linker"
        "lld-22|the linker for WebAssembly"
    )
fi
# Not from apt where there is another Node already.
if [ "$web" = yes ] || [ "$web_tests" = yes ]; then
    command -v node >/dev/null || wanted+=("nodejs|packs and serves the page")
fi
if [ "$web_tests" = yes ]; then
    command -v npm >/dev/null || wanted+=("npm|fetches the library that drives the browser")
    wanted+=(
        "chromium|the browser that the page is tested in"
        "webkit2gtk-driver|another one, and what drives it"
        "xvfb|a display without a screen for that"
    )
    # Elsewhere Firefox comes in other ways.
    if grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then
        wanted+=("firefox-esr|another one")
    fi
fi

is_installed() {
    dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed$'
}

install_with_apt() {
    local entry name missing=() as_root=()
    for entry in "${wanted[@]}"; do
        name=${entry%%|*}
        if ! is_installed "$name"; then
            missing+=("$name")
            say "missing: $name (${entry#*|})"
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "this needs root and there is no sudo; run as root:"
            say "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
            exit 1
        fi
        as_root=(sudo)
    fi
    say "installing with apt-get: ${missing[*]}"
    # A source that cannot be reached matters only if a package is then not found.
    ${as_root[@]+"${as_root[@]}"} apt-get update >&2 || say "apt-get update failed; trying to install all the same"
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}" >&2
}

# Whether the dynamic linker knows this library; also true where that cannot be asked.
has_library() {
    local libraries
    libraries=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || return 0
    grep -qF "$1" <<<"$libraries"
}

name_packages_for_linux() {
    local library tool missing=()
    command -v cc >/dev/null || missing+=("a C compiler and linker (cc)")
    command -v pkg-config >/dev/null || missing+=("pkg-config")
    pkg-config --exists libudev 2>/dev/null || missing+=("libudev with its headers")
    for library in libvulkan.so.1 libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6 libXrandr.so.2 \
        libxkbcommon.so.0 libxkbcommon-x11.so.0; do
        has_library "$library" || missing+=("$library")
    done
    if [ "$tests" = yes ]; then
        for tool in Xvfb xdotool weston; do
            command -v "$tool" >/dev/null || missing+=("$tool")
        done
    fi
    if [ "$web" = yes ] || [ "$web_tests" = yes ]; then
        command -v node >/dev/null || missing+=("node")
    fi
    if [ "$web_tests" = yes ]; then
        for tool in npm chromium firefox; do
            command -v "$tool" >/dev/null || missing+=("$tool")
        done
    fi
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    say "there is no apt here, so nothing is installed. Missing:"
    for tool in "${missing[@]}"; do
        say "  $tool"
    done
    local fedora="gcc gcc-c++ make pkgconf-pkg-config vulkan-loader mesa-vulkan-drivers libX11 libX11-xcb libXcursor libXi libXrandr libxkbcommon libxkbcommon-x11 libwayland-client systemd-devel"
    local arch="base-devel pkgconf vulkan-icd-loader vulkan-swrast libx11 libxcursor libxi libxrandr libxkbcommon libxkbcommon-x11 wayland"
    if [ "$tests" = yes ]; then
        fedora+=" xorg-x11-server-Xvfb xdotool weston"
        arch+=" xorg-server-xvfb xdotool weston"
    fi
    if [ "$web" = yes ] || [ "$web_tests" = yes ]; then
        fedora+=" nodejs"
        arch+=" nodejs npm"
    fi
    if [ "$web_tests" = yes ]; then
        fedora+=" chromium firefox"
        arch+=" chromium firefox"
    fi
    say "Fedora: sudo dnf install $fedora"
    say "Arch:   sudo pacman -S --needed $arch (and your GPU's Vulkan driver)"
    say "Others: a C compiler, pkg-config, libudev, a Vulkan loader and driver, and the libraries above"
    if ! command -v cc >/dev/null; then
        exit 1
    fi
}

if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
    install_with_apt
else
    case "$(uname -s)" in
        Linux) name_packages_for_linux ;;
        Darwin)
            if ! xcode-select -p >/dev/null 2>&1; then
                say "there is no C compiler and linker; install Apple's with: xcode-select --install"
                exit 1
            fi
            ;;
        *)
            command -v cc >/dev/null || command -v cl >/dev/null ||
                say "Rust needs a linker; on Windows install the C++ part of Visual Studio's build tools"
            ;;
    esac
fi
