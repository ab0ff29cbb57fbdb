#!/usr/bin/env bash
# Installs what Mnistify needs from the system, where it is missing: through apt where there is apt, else it names the
# packages. With --tests also what the tests need. Everything it says goes to standard error.
#
#   scripts/install-system.sh [--tests]
set -euo pipefail

tests=no
case "${1-}" in
    "") ;;
    --tests) tests=yes ;;
    *)
        echo "usage: $0 [--tests]" >&2
        exit 2
        ;;
esac

say() {
    echo "install-system: $*" >&2
}

# Package and reason.
wanted=(
    "build-essential|a C compiler and the linker that Rust calls"
    "pkg-config|finds system libraries during the build"
    "libvulkan1|the Vulkan loader, loaded at run time"
    "mesa-vulkan-drivers|Vulkan drivers, a software one among them"
    "libx11-6|the window, loaded at run time"
    "libx11-xcb1|the window, loaded at run time"
    "libxcursor1|the mouse pointer, loaded at run time"
    "libxi6|mouse and touch input, loaded at run time"
    "libxrandr2|screen sizes, loaded at run time"
    "libxkbcommon0|the keyboard, loaded at run time"
    "libxkbcommon-x11-0|the keyboard, loaded at run time"
)
if [ "$tests" = yes ]; then
    wanted+=(
        "xvfb|a display without a screen, for the test of the window"
        "xdotool|moves the pointer in the test of the window"
    )
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
    for library in libvulkan.so.1 libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6 libXrandr.so.2 \
        libxkbcommon.so.0 libxkbcommon-x11.so.0; do
        has_library "$library" || missing+=("$library")
    done
    if [ "$tests" = yes ]; then
        for tool in Xvfb xdotool; do
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
    local fedora="gcc gcc-c++ make pkgconf-pkg-config vulkan-loader mesa-vulkan-drivers libX11 libX11-xcb libXcursor libXi libXrandr libxkbcommon libxkbcommon-x11"
    local arch="base-devel pkgconf vulkan-icd-loader vulkan-swrast libx11 libxcursor libxi libxrandr libxkbcommon libxkbcommon-x11"
    if [ "$tests" = yes ]; then
        fedora+=" xorg-x11-server-Xvfb xdotool"
        arch+=" xorg-server-xvfb xdotool"
    fi
    say "Fedora: sudo dnf install $fedora"
    say "Arch:   sudo pacman -S --needed $arch (and your GPU's Vulkan driver)"
    say "Others: a C compiler, pkg-config, a Vulkan loader and driver, and the libraries above"
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
