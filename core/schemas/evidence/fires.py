"""Schemas of evidence of fire, as the weather room reads it."""

from core.schemas.fields import (
    fraction,
    geometry,
    instant,
    number,
    table_schema,
    text,
    whole,
)

FIRE_PERIMETERS = table_schema(
    "fire_perimeters",
    ["place_in_file"],
    "How far a fire had come, one row a perimeter.",
    {
        "place_in_file": text("feature or polygon of the file, the first being 1"),
        "fire_id": text("the fire's key in the product, such as its IRWIN id", nullable=True),
        "name": text("name of the fire", nullable=True),
        "state": text("state as the product writes it", nullable=True),
        "mapped_at_utc": instant("when the perimeter was as drawn", nullable=True),
        "started_at_utc": instant("when the fire was found", nullable=True),
        "contained_at_utc": instant("when it was contained", nullable=True),
        "containment_frac": fraction("how much of the perimeter holds", nullable=True),
        "area_m2": number("area as the product states it", "m2", nullable=True, at_least=0),
        "drawn_area_m2": number("area of what is drawn, on the ellipsoid", "m2", at_least=0),
        "geometry": geometry("polygons, valid"),
    },
)

FIRMS = table_schema(
    "firms",
    ["line"],
    "Pixels in which a satellite saw heat (NASA FIRMS), one row a detection.",
    {
        "line": whole("line of the file, the first being 1", "line"),
        "at_utc": instant("when the satellite passed"),
        "satellite": text("satellite, as the product writes it", nullable=True),
        "instrument": text("MODIS or VIIRS", of=("MODIS", "VIIRS")),
        "confidence": text(
            "how sure the detection is; of MODIS low below 30, high from 80",
            nullable=True, of=("low", "nominal", "high"),
        ),
        "confidence_frac": fraction("how sure, as MODIS gives it", nullable=True),
        "brightness_k": number("brightness at 4 micrometres", "K", nullable=True),
        "brightness_far_k": number("brightness at 11 micrometres", "K", nullable=True),
        "frp_mw": number("radiative power of the fire", "MW", nullable=True, at_least=0),
        "scan_m": number("pixel size along the scan", "m", nullable=True, at_least=0),
        "track_m": number("pixel size along the track", "m", nullable=True, at_least=0),
        "source_type": text(
            "what burns as the archive judges: vegetation, volcano, other land, offshore",
            nullable=True,
        ),
        "geometry": geometry("centre of the pixel"),
    },
)  # fmt: skip

FIRE_RECORDS = (FIRE_PERIMETERS, FIRMS)
"""In the order of the data dictionary."""
