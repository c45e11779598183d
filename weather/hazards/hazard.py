"""What a run asks of a hazard: where it is, and what it means for each home in its path. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.errors import InputError
from core.events import Peril
from core.grid import WGS84, Bounds
from core.hazards.kinds import HAZARD_OF_PERIL, HazardKind
from core.schemas.book import LOCATION_KEY
from core.schemas.hazards import HAZARD_AREAS, HAZARDS
from core.tables import check_table
from weather.hazards.footprint import HazardFootprint, compute_area_footprint, is_in_path
from weather.hazards.prior import Prior, compute_flat_prior
from weather.hazards.rows import HazardRow, tabulate_rows

Array = NDArray[np.float64]
SCENE_EXTENTS = "scene_extents"
"""Basis of an area that says where pictures are, which is no hazard to draw."""


class Hazard(Protocol):
    """The hazard of an event, from whatever evidence there is."""

    def footprint(self, near: Bounds | None = None) -> HazardFootprint:
        """Where the hazard is, for maps.

        Args:
            near: EPSG:4326 bounds outside which nothing need be drawn; None = everywhere.
        """
        ...

    def find_in_path(self, locations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Which locations the hazard reached, ``(locations,)``.

        The hazard at each place alone decides, whatever is drawn, imaged or insured elsewhere.

        Args:
            locations: points in EPSG:4326, as of the LOCATIONS table; no rows are fine.

        Raises:
            InputError: the locations state another CRS.
        """
        ...

    def rows(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Each hazard by itself at locations in the path, with its source.

        Args:
            locations: rows of the LOCATIONS table (EPSG:4326 points); no rows are fine.

        Returns:
            A HAZARD_ROWS table.

        Raises:
            InputError: the locations state another CRS, or lack a column.
        """
        ...

    def assess(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Intensity, loss instant and prior at locations in the path.

        Args:
            locations: rows of the LOCATIONS table (EPSG:4326 points); no rows are fine.

        Returns:
            A HAZARDS table, one row a location, in the same order.

        Raises:
            InputError: the locations state another CRS, or lack a column.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class AreaHazard:
    """A peril somewhere inside an area, its intensity unknown."""

    geometry: BaseGeometry
    """Polygon or multipolygon, EPSG:4326."""

    peril: Peril
    """What struck; it sets the flat prior."""

    window_start_utc: datetime
    """First instant a loss can have occurred (timezone-aware UTC)."""

    window_end_utc: datetime | None = None
    """Last such instant; None = the first one is every loss's instant."""

    basis: str = "area_of_interest"
    """Where the area comes from: area_of_interest, perimeter or scene_extents."""

    def __post_init__(self) -> None:
        for name in ("window_start_utc", "window_end_utc"):
            value = getattr(self, name)
            if value is not None and value.utcoffset() != UTC.utcoffset(None):
                raise ValueError(f"{name} must be UTC, got {value.isoformat()}")

    def footprint(self, near: Bounds | None = None) -> HazardFootprint:  # noqa: ARG002  drawn whole
        """The area as given, drawn as its hazard unless it is only where scenes lie."""
        whole = compute_area_footprint(self.geometry, self.basis)
        if self.kind is None or self.basis == SCENE_EXTENTS:
            return whole
        drawn = gpd.GeoDataFrame(
            {"hazard": [str(self.kind)], "value": [0.0], "unit": [""]},
            geometry=[whole.area], crs=WGS84,
        )  # fmt: skip
        return replace(whole, areas=check_table(drawn, HAZARD_AREAS))

    def find_in_path(self, locations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Which locations the area holds, its boundary included; see ``Hazard``."""
        return is_in_path(locations, self.footprint())

    @property
    def kind(self) -> HazardKind | None:
        """The hazard in a word; None for perils that no hazard product shows."""
        return HAZARD_OF_PERIL.get(self.peril)

    def rows(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """The peril at each location, how strong is not known; see ``Hazard``."""
        if self.kind is None:
            return tabulate_rows(locations.iloc[:0], [])
        return tabulate_rows(
            locations,
            [
                HazardRow(
                    self.kind,
                    np.full(len(locations), np.nan),
                    None,
                    None,
                    np.ones(len(locations), dtype=bool),
                    self.basis,
                    "inside the area",
                    np.full(len(locations), np.datetime64("NaT", "us")),
                )
            ],
        )

    def assess(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """The peril's flat prior at each location, winds missing; see ``Hazard``.

        When the peril reached a home is not known, so its loss can be of any time in the window.
        """
        read_places(locations)
        count = len(locations)
        unknown = np.full(count, np.nan)
        start = np.datetime64(self.window_start_utc.replace(tzinfo=None), "us")
        end = pd.NaT if self.window_end_utc is None else pd.Timestamp(self.window_end_utc)
        table = tabulate(
            locations,
            (unknown, unknown),
            np.full(count, start),
            self.basis,
            compute_flat_prior(self.peril, count),
        )
        word = None if self.kind is None else str(self.kind)
        until = pd.Series(end, index=table.index, dtype=table["loss_at_utc"].dtype)
        told = pd.Series(word, index=table.index, dtype="str")
        return table.assign(loss_until_utc=until, hazard_reason=told, leading_hazard=told)


def read_points(locations: gpd.GeoDataFrame) -> tuple[Array, Array]:
    """Longitudes and latitudes ``(locations,)`` of points in EPSG:4326.

    Raises:
        InputError: the locations state another CRS.
    """
    if locations.crs is None or locations.crs != WGS84:
        raise InputError(
            "assessing the hazard at locations", f"their CRS is {locations.crs}",
            f"Hand over the locations in {WGS84}",
        )  # fmt: skip
    return locations.geometry.x.to_numpy(), locations.geometry.y.to_numpy()


def read_places(locations: gpd.GeoDataFrame) -> tuple[Array, Array]:
    """Longitudes and latitudes ``(locations,)`` of rows of the LOCATIONS table.

    Raises:
        InputError: the locations state another CRS, or lack a column.
    """
    work = "assessing the hazard at locations"
    missing = {*LOCATION_KEY, "year_built", "construction_code"} - set(locations.columns)
    if missing:
        raise InputError(
            work,
            f"the table lacks {', '.join(sorted(missing))}",
            "Hand over rows of the LOCATIONS table",
        )
    return read_points(locations)


def tabulate(
    locations: gpd.GeoDataFrame,
    winds: tuple[Array, Array],
    loss_at: NDArray[np.datetime64],
    basis: str,
    prior: Prior,
) -> pd.DataFrame:
    """A HAZARDS table of one value a location: winds are sustained and gusts."""
    table = pd.DataFrame(
        {
            **{name: locations[name].to_numpy() for name in LOCATION_KEY},
            "sustained_wind_mps": winds[0],
            "gust_mps": winds[1],
            "loss_at_utc": pd.DatetimeIndex(loss_at).tz_localize("UTC"),
            "hazard_basis": basis,
            "prior_damage": prior.damage,
            "prior_severe": prior.severe,
        }
    )
    checked: pd.DataFrame = check_table(table, HAZARDS)
    return checked


_HAZARDS: tuple[type[Hazard], ...] = (AreaHazard,)
