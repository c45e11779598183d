import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import Track, TrackPoint, WindRadii

START = datetime(2018, 10, 10, tzinfo=UTC)
RADII_NMI = {34: (150, 140, 90, 110), 50: (90, 80, 50, 60), 64: (50, 45, 30, 35)}


def make_radii(by_wind=RADII_NMI):
    return WindRadii(
        *(
            tuple(None if value is None else value * NAUTICAL_MILE_M for value in by_wind[kt])
            for kt in (34, 50, 64)
        )
    )


def make_point(hours=0.0, place=(-85.0, 25.0), wind_kt=100, radii=None, rmw_nmi=20):
    return TrackPoint(
        at_utc=START + timedelta(hours=hours),
        latitude_deg=place[1],
        longitude_deg=place[0],
        max_wind_mps=None if wind_kt is None else wind_kt * KNOT_MPS,
        radii_m=make_radii() if radii is None else radii,
        rmw_m=None if rmw_nmi is None else rmw_nmi * NAUTICAL_MILE_M,
        status="HU",
    )


@pytest.fixture
def point() -> Callable[..., TrackPoint]:
    return make_point


@pytest.fixture
def track() -> Callable[..., Track]:
    def make(*points: TrackPoint) -> Track:
        return Track("AL992018", "TEST", points)

    return make


@pytest.fixture
def still_storm() -> Track:
    """100 kt at 20 nmi, standing still for six hours, all radii known."""
    return Track("AL992018", "STILL", (make_point(0), make_point(6)))


@pytest.fixture
def moving_storm() -> Track:
    """100 kt, going north by 2 degrees in 12 hours."""
    places = [(-85.0, 25.0), (-85.0, 26.0), (-85.0, 27.0)]
    return Track(
        "AL992018",
        "MOVING",
        tuple(make_point(6 * k, place) for k, place in enumerate(places)),
    )


@pytest.fixture
def locations() -> Callable[..., gpd.GeoDataFrame]:
    def make(longitude, latitude, year_built=np.nan, construction_code=5000):
        count = len(longitude)
        return gpd.GeoDataFrame(
            {
                "portfolio_number": pd.array(["1"] * count, dtype="str"),
                "account_number": pd.array(["A1"] * count, dtype="str"),
                "policy_number": pd.array([f"P{k}" for k in range(count)], dtype="str"),
                "location_number": pd.array(["1"] * count, dtype="str"),
                "year_built": np.full(count, year_built, dtype=float),
                "construction_code": np.full(count, construction_code, dtype=np.int64),
            },
            geometry=shapely.points(np.asarray(longitude, float), np.asarray(latitude, float)),
            crs="EPSG:4326",
        )

    return make


@pytest.fixture(scope="session")
def weather_data() -> Path:
    root = Path(__file__).parents[2]
    folder = root / os.environ.get("FIRSTNOTICE_DATA", "../shared/data") / "weather"
    if not folder.is_dir():
        pytest.skip(f"no public weather data at {folder}; set FIRSTNOTICE_DATA")
    return folder
