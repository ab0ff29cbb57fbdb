#!/usr/bin/env python3
"""Makes assets/fonts from the npm package @fontsource/inter (Inter, SIL Open Font License): its Latin subset as TrueType,
with digits of equal width, so that numbers that change do not move.

    npm pack @fontsource/inter && tar xzf fontsource-inter-*.tgz
    pip install fonttools brotli
    scripts/fonts.py package/files assets/fonts
"""

import sys
from pathlib import Path

from fontTools.ttLib import TTFont

WEIGHTS = (400, 500, 600)


def with_equal_digits(font: TTFont) -> None:
    """Maps each digit to the glyph that the feature `tnum` puts in its place."""
    table = font["GSUB"].table
    records = [record for record in table.FeatureList.FeatureRecord if record.FeatureTag == "tnum"]
    substitutes = {}
    for index in records[0].Feature.LookupListIndex:
        for subtable in table.LookupList.Lookup[index].SubTable:
            substitutes.update(getattr(subtable, "ExtSubTable", subtable).mapping)
    for cmap in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            if code in cmap.cmap:
                cmap.cmap[code] = substitutes.get(cmap.cmap[code], cmap.cmap[code])


def main(source: Path, target: Path) -> None:
    for weight in WEIGHTS:
        font = TTFont(source / f"inter-latin-{weight}-normal.woff2")
        with_equal_digits(font)
        font.flavor = None
        # Shaping tables that egui does not read.
        for tag in ("GSUB", "GPOS", "GDEF"):
            if tag in font:
                del font[tag]
        font.save(target / f"Inter-{weight}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
