"""Where the homes of an event are: by strength of the hazard, and by postal code."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from core.damage import Status
from core.schemas.book import LOCATION_KEY


@dataclass(frozen=True, slots=True)
class HazardBand:
    """Insured locations where the hazard is at least a value; bands nest."""

    hazard: str
    at_least: float
    unit: str
    locations: int

    @property
    def words(self) -> str:
        """``sustained_wind, 33 m/s or more``; of an area that states no strength, its hazard."""
        if not self.unit and not self.at_least:
            return f"{self.hazard}, anywhere in its area"
        return f"{self.hazard}, {self.at_least:g} {self.unit} or more"


@dataclass(frozen=True, slots=True)
class PostalCode:
    """What to expect in one postal code."""

    postal_code: str
    locations: int
    expected_damaged: float
    expected_severe: float
    not_assessed: int


def count_in_hazard(
    findings: pd.DataFrame, hazard_areas: gpd.GeoDataFrame
) -> tuple[HazardBand, ...]:
    """Locations in each area; point in polygon, so no metric CRS is needed."""
    points = gpd.GeoSeries(findings["geometry"], crs=hazard_areas.crs)
    areas = hazard_areas.sort_values(["hazard", "value"])
    area_places, _ = points.sindex.query(areas.geometry.to_numpy(), predicate="intersects")
    counts = pd.Series(area_places).value_counts()
    return tuple(
        HazardBand(row.hazard, float(row.value), row.unit, int(counts.get(place, 0)))
        for place, row in enumerate(areas.itertuples())
    )


_POSTAL_SUMS = {
    "homes": ("status", "size"),
    "damaged": ("p_damage", "sum"),
    "severe": ("p_severe", "sum"),
    "unseen": ("is_unseen", "sum"),
}


def choose_postal_codes(
    findings: pd.DataFrame, locations: pd.DataFrame | None, count: int
) -> tuple[PostalCode, ...]:
    """The postal codes with the most expected severe homes, worst first; none without a book."""
    if locations is None or findings.empty:
        return ()
    table = pd.DataFrame(findings)[[*LOCATION_KEY, "status", "p_damage", "p_severe"]].merge(
        pd.DataFrame(locations)[[*LOCATION_KEY, "postal_code"]], on=LOCATION_KEY, how="left"
    )
    table["is_unseen"] = table["status"] != Status.GRADED
    sums = (
        table.groupby("postal_code")
        .agg(**_POSTAL_SUMS)
        .reset_index()
        .sort_values(["severe", "damaged", "postal_code"], ascending=[False, False, True])
        .head(count)
    )
    rounded = sums.round({"damaged": 1, "severe": 1})
    columns = (rounded[name].tolist() for name in ("postal_code", *_POSTAL_SUMS))
    return tuple(PostalCode(*row) for row in zip(*columns, strict=True))
