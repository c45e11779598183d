"""How much of the book lies inside a hazard: read once a version of the book, asked often."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from core.grid import Bounds
from core.provenance import content_key, sha256_of_file
from flows.wiring.event_file import PoliciesSection
from flows.wiring.storage.folders import read_geo_table, write_table
from policies.reading.exposure import read_book

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


def read_points(policies: PoliciesSection, cache: Path) -> gpd.GeoDataFrame:
    """The book's homes, rows of LOCATIONS; of a book that did not change from the cache.

    Args:
        policies: the book's files.
        cache: folder to keep it in.

    Raises:
        ExposureError: the book cannot be read.
    """
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
