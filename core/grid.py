"""Places and pixel grids. Distances and areas are only ever taken in a metric CRS."""

from dataclasses import dataclass
from typing import Self

from affine import Affine
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

WGS84 = "EPSG:4326"
"""Longitude, latitude order throughout (x, y), in degrees."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle ``west, south, east, north`` in the units of some CRS."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (self.west <= self.east and self.south <= self.north):
            raise ValueError(
                f"bounds must run west to east and south to north, got {self.as_tuple()}"
            )

    def as_tuple(self) -> tuple[float, float, float, float]:
        """``(west, south, east, north)``."""
        return (self.west, self.south, self.east, self.north)

    def buffered(self, margin: float) -> Self:
        """Grown by ``margin`` (CRS units) on each side."""
        return type(self)(
            self.west - margin, self.south - margin, self.east + margin, self.north + margin
        )

    def intersects(self, other: "Bounds") -> bool:
        """Whether the two rectangles share at least a point."""
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )


@dataclass(frozen=True, slots=True)
class Window:
    """A pixel rectangle: ``rows`` from ``row``, ``columns`` from ``column``, origin top left."""

    row: int
    column: int
    rows: int
    columns: int

    def __post_init__(self) -> None:
        if self.rows <= 0 or self.columns <= 0:
            raise ValueError(f"a window needs rows and columns, got {self.rows} x {self.columns}")

    @property
    def slices(self) -> tuple[slice, slice]:
        """``(row slice, column slice)`` into an array that contains the window whole."""
        return (
            slice(self.row, self.row + self.rows),
            slice(self.column, self.column + self.columns),
        )


@dataclass(frozen=True, slots=True)
class GeoGrid:
    """A north-up pixel grid: CRS, transform and shape travel together.

    Attributes:
        crs: anything pyproj understands, as text (``"EPSG:32616"``).
        transform: affine from ``(column, row)`` at pixel corners to ``(x, y)`` in CRS units.
        height: rows.
        width: columns.
    """

    crs: str
    transform: Affine
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height <= 0 or self.width <= 0:
            raise ValueError(f"a grid needs rows and columns, got {self.height} x {self.width}")

    @classmethod
    def covering(cls, bounds: Bounds, crs: str, pixel_m: float) -> Self:
        """The smallest grid of square pixels over bounds, snapped to multiples of ``pixel_m``."""
        west = (bounds.west // pixel_m) * pixel_m
        north = -((-bounds.north) // pixel_m) * pixel_m
        width = max(1, round(-(-(bounds.east - west) // pixel_m)))
        height = max(1, round(-(-(north - bounds.south) // pixel_m)))
        return cls(crs, Affine(pixel_m, 0, west, 0, -pixel_m, north), height, width)

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)``."""
        return (self.height, self.width)

    @property
    def bounds(self) -> Bounds:
        """The grid's outer edge in CRS units."""
        west, north = self.transform @ (0, 0)
        east, south = self.transform @ (self.width, self.height)
        return Bounds(west, south, east, north)


def choose_metric_crs(longitude_deg: float, latitude_deg: float) -> str:
    """The UTM zone (WGS 84) of a place, so that metres mean metres.

    Raises:
        ValueError: the place is outside longitude -180..180 or latitude -80..84.
    """
    area = AreaOfInterest(longitude_deg, latitude_deg, longitude_deg, latitude_deg)
    found = query_utm_crs_info(datum_name="WGS 84", area_of_interest=area)
    if not found:
        raise ValueError(f"no UTM zone at longitude {longitude_deg}, latitude {latitude_deg}")
    crs = CRS.from_authority(found[0].auth_name, found[0].code)
    return str(crs.to_string())
