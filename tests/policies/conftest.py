"""Builders of small towns and events whose truth is known by construction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from core.events import CatEvent, OccurrenceWindow, Peril
from core.grid import WGS84
from core.schemas.book import LOCATIONS
from core.tables import FOOTPRINTS, check_table

METRES_PER_DEGREE = 111_320.0


def make_locations(*points: tuple[float, float], **columns) -> gpd.GeoDataFrame:
    """LOCATIONS at (longitude, latitude), one policy each; columns override the defaults."""
    count = len(points)
    number = [str(place) for place in range(count)]
    defaults = {
        "policy_number": number,
        "location_number": number,
        "portfolio_number": "1",
        "account_number": number,
        "geocode_class": 2,
        "country_code": "US",
        "area_code": None,
        "postal_code": None,
        "occupancy_code": 1050,
        "construction_code": 5050,
        "year_built": np.nan,
        "number_of_storeys": np.nan,
        "currency": "USD",
        "building_tiv": 200_000.0,
        "contents_tiv": 0.0,
        "location_perils": "WEC;WTC",
        "policy_perils": "WEC;WTC",
        "has_grouped_surge": False,
        "inception_date": np.datetime64("2018-01-01", "us"),
        "expiry_date": np.datetime64("2019-01-01", "us"),
        "policy_status": None,
        "deductible_amount": 1000.0,
        "has_conflicting_rows": False,
        "source_rows": number,
    }
    longitude, latitude = zip(*points, strict=True) if points else ((), ())
    frame = pd.DataFrame(defaults | columns, index=range(count))
    geometry = gpd.points_from_xy(longitude, latitude, crs=WGS84)
    return check_table(gpd.GeoDataFrame(frame, geometry=geometry), LOCATIONS)


def make_footprints(shapes: dict[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    """FOOTPRINTS of shapes in EPSG:4326 by building id."""
    table = gpd.GeoDataFrame(
        {"building_id": list(shapes), "area_m2": 100.0, "source": "test"},
        index=range(len(shapes)),
        geometry=gpd.GeoSeries(list(shapes.values()), crs=WGS84),
        crs=WGS84,
    )
    return check_table(table, FOOTPRINTS)


@pytest.fixture(scope="session")
def locations_at() -> Callable[..., gpd.GeoDataFrame]:
    return make_locations


@pytest.fixture(scope="session")
def footprints_of() -> Callable[..., gpd.GeoDataFrame]:
    return make_footprints


@dataclass(frozen=True)
class Plot:
    """A local frame of metres around a place, east and north of it."""

    longitude: float = -85.6
    latitude: float = 30.1

    def point(self, east_m: float, north_m: float) -> tuple[float, float]:
        """(longitude, latitude) of a place in the frame."""
        shrink = np.cos(np.radians(self.latitude))
        return (
            self.longitude + east_m / (METRES_PER_DEGREE * shrink),
            self.latitude + north_m / METRES_PER_DEGREE,
        )

    def box(self, west_m: float, south_m: float, width_m: float, depth_m: float) -> shapely.Polygon:
        """A rectangle by its south-west corner and sides, in EPSG:4326."""
        west, south = self.point(west_m, south_m)
        east, north = self.point(west_m + width_m, south_m + depth_m)
        return shapely.box(west, south, east, north)


@pytest.fixture(scope="session")
def plot() -> Plot:
    return Plot()


@pytest.fixture(scope="session")
def hurricane() -> CatEvent:
    """Wind and surge over the Florida panhandle on 10 October 2018."""
    window = OccurrenceWindow(
        datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
    )
    perils = (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE)
    return CatEvent("michael-2018", "Michael", perils, window)
