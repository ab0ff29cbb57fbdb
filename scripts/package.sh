#!/usr/bin/env bash
# Makes what people install without a compiler, for the system that it runs on:
#
#   scripts/package.sh [--out DIR] [--program FILE | --no-program] [--page DIR]
#
#   --out DIR         where the packages go; mnistify/packages in $XDG_CACHE_HOME or ~/.cache if not said
#   --program FILE    packs this program as it is, so that nothing is compiled
#   --no-program      packs only the page
#   --page DIR        also packs this page, as web/build.sh made it
#
# A program becomes mnistify-VERSION-TARGET.tar.gz (.zip on Windows), and where there is dpkg also a .deb. Without
# --program it is built with the profile `published`, which takes longer than ./run.sh's. What was made is printed, one
# path a line; everything else goes to standard error.
set -euo pipefail
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${XDG_CACHE_HOME:-$HOME/.cache}/mnistify/packages
program=
page=
with_program=yes
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mnistify/target}

usage() {
    echo "usage: scripts/package.sh [--out DIR] [--program FILE | --no-program] [--page DIR]" >&2
    exit 2
}

say() {
    echo "package.sh: $*" >&2
}

while [ $# -gt 0 ]; do
    case $1 in
        --out | --program | --page)
            [ -n "${2-}" ] || usage
            case $1 in
                --out) out=$2 ;;
                --program) program=$2 ;;
                --page) page=$2 ;;
            esac
            shift 2
            ;;
        --no-program)
            with_program=no
            shift
            ;;
        *) usage ;;
    esac
done
if [ "$with_program" = no ] && { [ -n "$program" ] || [ -z "$page" ]; }; then
    usage
fi
if [ -n "$program" ] && [ ! -f "$program" ]; then
    say "there is no program $program"
    exit 1
fi
if [ -n "$page" ] && [ ! -f "$page/index.html" ]; then
    say "there is no page in $page; web/build.sh makes one"
    exit 1
fi

if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
    # shellcheck source=/dev/null
    . "${CARGO_HOME:-$HOME/.cargo}/env"
fi
if ! command -v cargo >/dev/null; then
    say "there is no Rust here (no cargo), which also lists the licences. Install it with rustup, https://rustup.rs"
    exit 1
fi
python=$(command -v python3 || command -v python) || {
    say "there is no Python here (no python3), which writes the licences and the archives"
    exit 1
}

# The work below is done in the checkout, but files were named from where the caller stands.
absolute() {
    (cd "$(dirname "$1")" && echo "$PWD/$(basename "$1")")
}
mkdir -p "$out"
out=$(cd "$out" && pwd)
[ -z "$program" ] || program=$(absolute "$program")
[ -z "$page" ] || page=$(cd "$page" && pwd)
cd "$root"

# For this system alone: another target would have its program in another folder.
unset CARGO_BUILD_TARGET
target=$(rustc -vV | sed -n 's/^host: //p')
version=$(cargo pkgid --locked -p mnistify | sed 's/.*[#@]//')
name=mnistify-$version-$target
suffix=
case $target in
    *windows*) suffix=.exe ;;
esac
# The same sources make the same packages, whenever that is.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# FOLDER in $work, as ARCHIVE in $out.
archive() {
    local folder=$1 result=$out/$2
    "$python" scripts/archive.py "$work/$folder" "$result"
    echo "$result"
}

build() {
    scripts/install-system.sh
    say "compiling; only the first time is long"
    # Messages of panics would name this machine's folders. Not on Windows, whose Bash rewrites what looks like a path.
    local cargo_home=${CARGO_HOME:-$HOME/.cargo} flags=()
    if [ -z "$suffix" ]; then
        flags=(--config "build.rustflags=['--remap-path-prefix=$cargo_home=cargo', '--remap-path-prefix=$root=mnistify']")
    fi
    cargo build --locked --profile published -p mnistify --bin mnistify ${flags[@]+"${flags[@]}"} >&2
    program=$CARGO_TARGET_DIR/published/mnistify$suffix
}

# For who unpacked it; the project's README is for who has the sources.
readme() {
    cat <<TEXT
Mnistify $version: draw a digit, and watch neural networks read it.

Start:                   ./mnistify$suffix
As an exhibit:           ./mnistify$suffix exhibit, and exhibit.md
Without a window:        ./mnistify$suffix predict FILE.png
                         ./mnistify$suffix screenshot --out PICTURE.png
Everything it can do:    ./mnistify$suffix --help, and the key F1 in the window

TEXT
    case $target in
        *linux*) cat <<'TEXT' ;;
It needs the Vulkan loader and a Vulkan driver (Mesa has one that needs no GPU), and the libraries of X11: libX11,
libX11-xcb, libXcursor, libXi, libXrandr, libxkbcommon and libxkbcommon-x11; where there is only Wayland, libwayland-client
instead of these but libxkbcommon; and libudev, which finds gamepads.

To have it in the menu of programs:
  install -D mnistify ~/.local/bin/mnistify
  install -Dm644 mnistify.svg ~/.local/share/icons/hicolor/scalable/apps/mnistify.svg
  install -Dm644 mnistify.desktop ~/.local/share/applications/mnistify.desktop
TEXT
        *apple*) cat <<'TEXT' ;;
It is not signed, so macOS refuses it where a browser fetched it, until it is told otherwise:
  xattr -d com.apple.quarantine mnistify
TEXT
        *windows*) cat <<'TEXT' ;;
It is not signed, so Windows asks before it starts it for the first time.
TEXT
    esac
    cat <<'TEXT'

MIT or Apache-2.0, as you choose: LICENSE-MIT, LICENSE-APACHE. What others made and is part of it, with its licences, is
in THIRD-PARTY-NOTICES.txt.
TEXT
}

pack_program() {
    local folder=$work/$name end=tar.gz
    mkdir "$folder"
    install -m 755 "$program" "$folder/mnistify$suffix"
    install -m 644 LICENSE-MIT LICENSE-APACHE "$work/THIRD-PARTY-NOTICES.txt" "$folder"
    install -m 644 web/src/icons/icon.svg "$folder/mnistify.svg"
    install -m 644 docs/exhibit.md docs/exhibit.schema.json "$folder"
    readme >"$folder/README.txt"
    case $target in
        *linux*) install -m 644 assets/mnistify.desktop assets/mnistify-exhibit.service "$folder" ;;
        *windows*) end=zip ;;
    esac
    archive "$name" "$name.$end"
}

# Debian's own description of licences, which has to be in every package.
debian_copyright() {
    cat <<'TEXT'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Mnistify
Comment: The crates that are part of the program, and their licences, are listed in THIRD-PARTY-NOTICES.txt.gz in this
 folder. The images of digits in the program are from MNIST, by Yann LeCun, Corinna Cortes and Christopher Burges.

Files: *
Copyright: the Mnistify contributors
License: Expat or Apache-2.0

Files: assets/fonts/*
Copyright: 2016 The Inter Project Authors (https://github.com/rsms/inter)
License: OFL-1.1

License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.

License: Expat
TEXT
    sed '1,/^Copyright/d' LICENSE-MIT | as_field
    printf '\nLicense: OFL-1.1\n'
    sed '1d' assets/fonts/LICENSE.txt | as_field
}

# Text as a field of Debian's files: each line after a blank, an empty one as a dot.
as_field() {
    tr -d '\r' | sed '/./,$!d; s/^[[:space:]]*$/./; s/^/ /'
}

# dpkg's own tools, as they are on every Debian that compiles and know which versions of libc the program needs;
# cargo-deb would have to be compiled first.
pack_deb() {
    local architecture deb_version folder=$work/deb documents linked loaded size
    architecture=$(dpkg --print-architecture)
    # What comes before a version sorts before it with a tilde: 1.0.0~rc.1.
    deb_version=${version/-/\~}
    documents=$folder/usr/share/doc/mnistify
    install -D -m 755 "$program" "$folder/usr/bin/mnistify"
    install -D -m 644 assets/mnistify.desktop "$folder/usr/share/applications/mnistify.desktop"
    install -D -m 644 web/src/icons/icon.svg "$folder/usr/share/icons/hicolor/scalable/apps/mnistify.svg"
    for size in 192 512; do
        install -D -m 644 "web/src/icons/icon-$size.png" "$folder/usr/share/icons/hicolor/${size}x$size/apps/mnistify.png"
    done
    mkdir -p "$documents" "$folder/DEBIAN"
    install -m 644 LICENSE-MIT LICENSE-APACHE docs/exhibit.md docs/exhibit.schema.json "$documents"
    install -D -m 644 assets/mnistify-exhibit.service "$folder/usr/lib/systemd/user/mnistify-exhibit.service"
    debian_copyright >"$documents/copyright"
    gzip -9n <"$work/THIRD-PARTY-NOTICES.txt" >"$documents/THIRD-PARTY-NOTICES.txt.gz"

    # What the program is linked to; what it loads by itself no tool can see. dpkg-shlibdeps wants a source package.
    mkdir "$work/debian"
    printf 'Source: mnistify\n\nPackage: mnistify\nArchitecture: any\n' >"$work/debian/control"
    linked=$(cd "$work" && dpkg-shlibdeps -O -e"$folder/usr/bin/mnistify" | sed -n 's/^shlibs:Depends=//p')
    loaded=$(scripts/install-system.sh --loaded | paste -sd, | sed 's/,/, /g')

    cat >"$folder/DEBIAN/control" <<TEXT
Package: mnistify
Version: $deb_version
Architecture: $architecture
Maintainer: ${DEBFULLNAME:-The Mnistify contributors} <${DEBEMAIL:-contributors@mnistify.invalid}>
Installed-Size: $(du -sk --apparent-size "$folder/usr" | cut -f1)
Depends: $linked, $loaded
Recommends: mesa-vulkan-drivers | vulkan-icd
Section: education
Priority: optional
Description: draw a digit and watch neural networks read it
 Two neural networks, an MLP and a CNN trained on MNIST, read a digit while it
 is drawn. Every feature map and every neuron is shown in 3D with its value, and
 any of them can be taken apart into the arithmetic that made it.
 .
 It also reads pictures and files of digits without a window.
TEXT
    # xz, because older Debians cannot read what Ubuntu's dpkg would choose.
    dpkg-deb -Zxz --build --root-owner-group "$folder" "$out/mnistify_${deb_version}_$architecture.deb" >&2
    echo "$out/mnistify_${deb_version}_$architecture.deb"
}

pack_page() {
    local folder=mnistify-$version-page
    cp -R "$page" "$work/$folder"
    install -m 644 LICENSE-MIT LICENSE-APACHE "$work/$folder"
    "$python" scripts/notices.py --target wasm32-unknown-unknown mnistify mnistify-fallback \
        >"$work/$folder/THIRD-PARTY-NOTICES.txt"
    archive "$folder" "$folder.zip"
}

if [ "$with_program" = yes ]; then
    [ -n "$program" ] || build
    "$python" scripts/notices.py --target "$target" mnistify >"$work/THIRD-PARTY-NOTICES.txt"
    pack_program
    if command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null; then
        pack_deb
    else
        say "no .deb, which is made with dpkg-deb and dpkg-shlibdeps (on Debian: apt-get install dpkg-dev)"
    fi
fi
if [ -n "$page" ]; then
    pack_page
fi
