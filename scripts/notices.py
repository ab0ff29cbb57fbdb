#!/usr/bin/env python3
"""Writes the licences of everything that is in a program, as text: of the crates that these packages are built from for
this target, of Rust's standard library, and of the font and the images in assets/.

    scripts/notices.py --target x86_64-unknown-linux-gnu mnistify >THIRD-PARTY-NOTICES.txt

Cargo and the sources that it fetches are all it needs. For a crate that brings no text of its own, Apache-2.0 or MIT as in
this project is written, if it is offered; where that does not do, nothing is written and the exit code is 1.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)([-_.].*)?", re.IGNORECASE)
CODE = {".rs", ".toml", ".json", ".py", ".html"}
# Licences that do not ask for their text.
TEXTLESS = {"0BSD", "CC0-1.0", "MIT-0", "Unlicense"}
LINE = "-" * 80


def cargo(*arguments: str) -> str:
    command = ["cargo", *arguments, "--locked"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def used(target: str, packages: list[str]) -> set[tuple[str, str]]:
    """Name and version of what is compiled into the packages; not what only compiles them."""
    chosen = [argument for package in packages for argument in ("-p", package)]
    kinds = ("-e", "normal,no-proc-macro")
    tree = cargo("tree", *chosen, "--target", target, *kinds, "--prefix", "none", "--format", "{p}")
    lines = (line.split() for line in tree.splitlines() if line)
    return {(line[0], line[1].removeprefix("v")) for line in lines}


def texts_of(package: dict) -> list[Path]:
    folder = Path(package["manifest_path"]).parent
    found = {path for path in folder.iterdir() if TEXTS.fullmatch(path.name)}
    for inner in [path for path in found if path.is_dir()] + [folder / "LICENSES"]:
        if inner.is_dir():
            found.update(inner.iterdir())
    if package["license_file"]:
        found.add((folder / package["license_file"]).resolve())
    # The GPL is an offer that is not taken; a crate that offers nothing else ends up without a text.
    return sorted(
        path for path in found if path.is_file() and path.suffix.lower() not in CODE and "GPL" not in path.name
    )


def text_for(package: dict) -> str | None:
    """The text for a crate without one; empty where none is asked for, None where it is not known."""
    # `A AND B` is no offer.
    licence = package["license"] or ""
    offers = set() if " AND " in licence else set(re.split(r" OR |\s*/\s*", licence))
    if "Apache-2.0" in offers:
        return (ROOT / "LICENSE-APACHE").read_text(encoding="utf-8")
    if offers & TEXTLESS:
        return ""
    if "MIT" in offers:
        people = ", ".join(package["authors"]) or f"the authors of {package['name']}"
        own = (ROOT / "LICENSE-MIT").read_text(encoding="utf-8")
        return re.sub(r"(?m)^Copyright .*$", lambda _: f"Copyright (c) {people}", own)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", required=True)
    parser.add_argument("packages", nargs="+", metavar="PACKAGE")
    arguments = parser.parse_args()

    wanted = used(arguments.target, arguments.packages)
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", arguments.target))
    crates = [
        package
        for package in metadata["packages"]
        if (package["name"], package["version"]) in wanted and package["source"] is not None
    ]
    crates.sort(key=lambda package: (package["name"], package["version"]))

    apache = (ROOT / "LICENSE-APACHE").read_text(encoding="utf-8")
    # The same words, however they are broken into lines, are written once.
    groups: dict[str, tuple[str, list[str]]] = {" ".join(apache.split()): (apache, ["Rust's standard library"])}
    lacking = []
    for package in crates:
        name = f"{package['name']} {package['version']}"
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in texts_of(package)]
        if not texts:
            text = text_for(package)
            if text is None:
                lacking.append(f"{name} ({package['license']})")
            texts = [text] if text else []
        for text in texts:
            _, names = groups.setdefault(" ".join(text.split()), (text, []))
            if name not in names:
                names.append(name)
    if lacking:
        print("notices.py: no text of a licence for", ", ".join(lacking), file=sys.stderr)
        return 1

    parts = [
        "What others made and is part of Mnistify, with its licences.\n\n"
        "The source of each crate, in the version named, is at https://crates.io/crates/NAME/VERSION.\n"
        "Rust's standard library is at https://github.com/rust-lang/rust, MIT OR Apache-2.0.\n"
        "The font Inter is by the Inter Project Authors; its licence, OFL-1.1, is the last text below.\n"
        "The images of digits are from MNIST, by Yann LeCun, Corinna Cortes and Christopher Burges.\n",
        "\n".join(f"{crate['name']} {crate['version']}: {crate['license'] or 'see below'}" for crate in crates) + "\n",
    ]
    for text, names in groups.values():
        parts.append(f"{LINE}\n{', '.join(names)}\n{LINE}\n\n{text.strip()}\n")
    font = (ROOT / "assets/fonts/LICENSE.txt").read_text(encoding="utf-8")
    parts.append(f"{LINE}\nInter\n{LINE}\n\n{font.strip()}\n")
    # The same bytes on every system.
    text = "\n".join(parts).replace("\r\n", "\n")
    sys.stdout.buffer.write(text.encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
