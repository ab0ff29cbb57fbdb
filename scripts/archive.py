#!/usr/bin/env python3
"""Packs a folder, with its name, as .tar.gz or .zip; the same content gives the same bytes on every system.

    scripts/archive.py FOLDER ARCHIVE

Every file gets the time in $SOURCE_DATE_EPOCH (seconds since 1970). tar and zip of Linux, macOS and Windows know
different options for that, if any.
"""

import gzip
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path


def main() -> None:
    folder, archive = Path(sys.argv[1]), Path(sys.argv[2])
    when = int(os.environ["SOURCE_DATE_EPOCH"])
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.as_posix())

    def packed(path: Path) -> tuple[str, int]:
        # Windows knows no such bits, but has no package of another system either.
        program = path.suffix == ".exe" or os.access(path, os.X_OK) and os.name != "nt"
        return path.relative_to(folder.parent).as_posix(), 0o755 if program else 0o644

    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as result:
            for path in files:
                name, mode = packed(path)
                entry = zipfile.ZipInfo(name, time.gmtime(when)[:6])
                entry.create_system = 3  # Unix, whose bits follow
                entry.external_attr = (0o100000 | mode) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                result.writestr(entry, path.read_bytes())
        return
    with (
        open(archive, "wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, when) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as result,
    ):
        for path in files:
            name, mode = packed(path)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = path.stat().st_size, mode, when
            with open(path, "rb") as content:
                result.addfile(entry, content)


if __name__ == "__main__":
    main()
