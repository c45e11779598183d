"""How much of the book lies inside a hazard: read once a version of the book, asked often."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from core.grid import Bounds
from core.provenance import content_key, sha256_of_file
from flows.wiring.books import open_stored
from flows.wiring.sections.policies import PoliciesSection
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import read_geo_table, write_table
from policies.reading.exposure import build_book, read_book
from policies.store.base import find_snapshot

MARGIN_DEG = 1.0
"""Hazards are drawn so far around the book."""
FindInPath = Callable[[gpd.GeoDataFrame], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What of the book a hazard reaches.

    Attributes:
        locations: homes.
        insured_value: sum of their buildings' insured values, currency of the book.
    """

    locations: int
    insured_value: float


def read_points(policies: PoliciesSection, cache: Path, settings: Settings) -> gpd.GeoDataFrame:
    """The book's homes, rows of LOCATIONS; of a book that did not change from the cache.

    Args:
        policies: the book's files, or where it is stored.
        cache: folder to keep it in.
        settings: say where stored books are, if the section does not.

    Raises:
        ExposureError: the book cannot be read.
    """
    if policies.location is None or policies.account is None:
        store = open_stored(policies, settings)
        snapshot_id = find_snapshot(store, str(policies.book)).snapshot.snapshot_id
        kept = cache / f"book-{snapshot_id}.parquet"
        if not kept.exists():
            write_table(build_book(store.read(snapshot_id), None).locations, kept)
        return read_geo_table(kept)
    key = content_key(*(sha256_of_file(path) for path in (policies.location, policies.account)))
    kept = cache / f"book-{key}.parquet"
    if not kept.exists():
        write_table(read_book(policies.location, policies.account, None).locations, kept)
    return read_geo_table(kept)


def meet(points: gpd.GeoDataFrame, find_in_path: FindInPath) -> Exposure:
    """What of the book a hazard reaches. Pure."""
    inside = points[find_in_path(points)]
    return Exposure(len(inside), float(inside["building_tiv"].sum()))


def find_ground(points: gpd.GeoDataFrame) -> Bounds:
    """The box around the book, with room for what is drawn beside it."""
    return Bounds(*points.total_bounds).buffered(MARGIN_DEG)
