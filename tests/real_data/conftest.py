"""Events that tests build from public data."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from core.events import CatEvent, OccurrenceWindow, Peril
from core.grid import choose_metric_crs
from core.tables import FOOTPRINTS, check_table
from flows.wiring.event_file import (
    EventFile,
    ImagerySection,
    PoliciesSection,
    WindowSection,
    write_event_file,
)
from flows.wiring.sections.hazard import HazardSection
from policies.made_up.book import BookRegion, make_book, write_book
from policies.made_up.siting import BookShares

SEED = 20110522
TORNADO = CatEvent(
    "joplin-tornado",
    "Joplin tornado",
    (Peril.TORNADO,),
    OccurrenceWindow(
        datetime(2011, 5, 22, 22, 34, tzinfo=UTC), datetime(2011, 5, 22, 23, 12, tzinfo=UTC)
    ),
)
"""Touchdown and end of the EF5 track (NWS Springfield, event review of 22 May 2011)."""

MANIFEST = """pattern,captured_at_utc,provider,licence,off_nadir_deg
pre/*,2010-07-01T18:00:00Z,unknown,not stated,
post/*,2011-05-24T18:00:00Z,unknown,not stated,
"""
"""The tiles state no dates; these two lie on the right sides of the storm."""

OUTLINED_AT_UTC = datetime(2020, 3, 1, tzinfo=UTC)
"""The month that the outlines' file states for its images; the day is not stated."""

SHOWN_FRAC = 0.1
"""The tiles before and after share a tenth of the ground that has footprints."""


def write_joplin_event(source: Path, folder: Path) -> Path:
    """An event folder over the public Joplin tiles: a plain folder of images with a manifest, and
    one made-up policy for each footprint of 2020, without any fault.

    Args:
        source: folder with ``pre/``, ``post/`` and ``footprints_microsoft.geojson``.
        folder: where the event goes.

    Returns:
        The event file.
    """
    for side in ("pre", "post"):
        shutil.copytree(source / side, folder / "imagery" / side)
    (folder / "imagery" / "manifest.csv").write_text(MANIFEST, encoding="utf-8")
    footprints = read_joplin_footprints(source / "footprints_microsoft.geojson")
    footprints.to_parquet(folder / "footprints.parquet")
    grades = pd.Series("un-classified", index=footprints["building_id"])
    nothing = BookShares(
        lapsed_frac=0, not_covered_frac=0, coarse_frac=0, displaced_frac=0, between_frac=0,
        duplicate_frac=0,
    )  # fmt: skip
    region = BookRegion(area_code="MO")
    book = make_book(footprints, grades, TORNADO, seed=SEED, shares=nothing, region=region)
    write_book(book, folder / "policies")
    event = EventFile(
        event_id=TORNADO.event_id,
        name=TORNADO.name,
        perils=TORNADO.perils,
        window=WindowSection(start_utc=TORNADO.window.start_utc, end_utc=TORNADO.window.end_utc),
        opens_at_utc=TORNADO.window.start_utc,
        closes_at_utc=datetime(2011, 8, 1, tzinfo=UTC),
        min_assessed_frac=SHOWN_FRAC,
        hazards=(HazardSection(box=tuple(footprints.total_bounds)),),
        imagery=ImagerySection(folder=Path("imagery")),
        footprints=Path("footprints.parquet"),
        policies=PoliciesSection(
            location=Path("policies/location.csv"),
            account=Path("policies/account.csv"),
            contacts=Path("policies/contacts.csv"),
        ),
    )
    write_event_file(event, folder / "event.yaml")
    return folder / "event.yaml"


def read_joplin_footprints(path: Path) -> gpd.GeoDataFrame:
    """FOOTPRINTS of Microsoft's outlines, drawn from images of March 2020."""
    outlines = gpd.read_file(path)
    centre = outlines.union_all().centroid
    area_m2 = outlines.to_crs(choose_metric_crs(centre.x, centre.y)).area
    table = gpd.GeoDataFrame(
        {
            "building_id": [f"ms-{number:04d}" for number in range(len(outlines))],
            "area_m2": area_m2.to_numpy(),
            "source": "Microsoft US building footprints, release 2, images of March 2020",
            "outlined_at_utc": OUTLINED_AT_UTC,
        },
        geometry=outlines.geometry.to_numpy(),
        crs=outlines.crs,
    )
    return check_table(table, FOOTPRINTS)


@pytest.fixture(scope="session")
def joplin_event(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Event file of the Joplin tornado over public tiles."""
    source = public_data / "joplin"
    if not source.is_dir():
        pytest.skip(f"no Joplin tiles in {source}")
    return write_joplin_event(source, tmp_path_factory.mktemp("joplin"))
