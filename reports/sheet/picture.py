"""The event as one picture for paper: hazard outlines and homes by tier."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reports.lists.ranking import rank_findings
from reports.maps.page import Backdrop
from reports.palette import TIER_SWATCHES, choose_ramp

WIDTH_PX, HEIGHT_PX = 1640, 1000
"""At the page's width some 220 dots an inch."""
_PAD = 0.06
_LEAST_SPAN_DEG = 0.004
"""A single street still shows its surroundings."""
_GROUND = "#eef1f3"
_RADII = ((300, 11), (3_000, 7), (30_000, 5))
_SMALLEST_PX = 3
_SIGN_FROM_PX = 7
"""A dot that holds its tier's sign."""
_KM_PER_DEG = 111.32
"""Along a meridian, spherical."""
_STEPS_KM = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_BAR_PX = 260
_QUALITY = 88


@dataclass(frozen=True, slots=True)
class _View:
    """What part of the world is drawn, plate carree with the middle's scale."""

    west: float
    north: float
    px_per_lon: float
    px_per_lat: float

    def place(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels of places, ``(places, 2)``."""
        origin, scale = (self.west, self.north), (self.px_per_lon, -self.px_per_lat)
        placed: NDArray[np.float64] = (lonlat - origin) * scale
        return placed


def draw_event(
    findings: gpd.GeoDataFrame, hazard_areas: gpd.GeoDataFrame, backdrops: Sequence[Backdrop]
) -> tuple[bytes, str]:
    """JPEG bytes of the event, and what its scale bar is long.

    Args:
        findings: FINDINGS, EPSG:4326; the worst are drawn on top.
        hazard_areas: HAZARD_AREAS.
        backdrops: pictures of the ground.
    """
    view = _fit(findings)
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _GROUND)
    for backdrop in backdrops:
        _paste(image, backdrop, view)
    pen = ImageDraw.Draw(image, "RGBA")
    for hazard, areas in hazard_areas.groupby("hazard", sort=False):
        ordered = areas.sort_values("value")
        colours = choose_ramp(str(hazard), len(ordered))
        for shape, colour in zip(ordered.geometry, colours, strict=True):
            _outline(pen, shape, view, colour)
    _dot(pen, findings, view)
    bar = _draw_bar(pen, view)
    buffer = io.BytesIO()
    # every colour as it is: over pictures of the ground a palette would grey the tiers
    image.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue(), bar


def _fit(findings: gpd.GeoDataFrame) -> _View:
    west, south, east, north = findings.total_bounds if len(findings) else (-100, 20, -80, 40)
    middle = (west + east) / 2, (south + north) / 2
    squeeze = max(0.05, math.cos(math.radians(middle[1])))
    span_lat = max((north - south) * (1 + 2 * _PAD), _LEAST_SPAN_DEG)
    span_lon = max((east - west) * (1 + 2 * _PAD), _LEAST_SPAN_DEG)
    px_per_lat = min(HEIGHT_PX / span_lat, WIDTH_PX / (span_lon * squeeze))
    px_per_lon = px_per_lat * squeeze
    return _View(
        middle[0] - WIDTH_PX / 2 / px_per_lon, middle[1] + HEIGHT_PX / 2 / px_per_lat,
        px_per_lon, px_per_lat,
    )  # fmt: skip


def _paste(image: Image.Image, backdrop: Backdrop, view: _View) -> None:
    west, south, east, north = backdrop.bounds.as_tuple()
    (left, top), (right, bottom) = view.place(np.array([[west, north], [east, south]]))
    size = max(1, round(right - left)), max(1, round(bottom - top))
    is_out = right < 0 or bottom < 0 or left > WIDTH_PX or top > HEIGHT_PX
    if is_out or max(size) > 8 * WIDTH_PX:
        return
    picture = Image.open(io.BytesIO(backdrop.jpeg)).convert("RGB").resize(size)
    image.paste(Image.blend(picture, Image.new("RGB", size, "#ffffff"), 0.25),
                (round(left), round(top)))  # fmt: skip


def _outline(pen: ImageDraw.ImageDraw, shape: shapely.Geometry, view: _View, colour: str) -> None:
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        places = view.place(shapely.get_coordinates(ring))
        if len(places) > 1:
            pen.line([*map(tuple, places.tolist())], fill=colour, width=4)


def _dot(pen: ImageDraw.ImageDraw, findings: gpd.GeoDataFrame, view: _View) -> None:
    radius = next((px for most, px in _RADII if len(findings) <= most), _SMALLEST_PX)
    # on grey paper, and for those who do not tell colours apart
    letters = ImageFont.load_default(radius * 1.6) if radius >= _SIGN_FROM_PX else None
    worst_last = rank_findings(findings).iloc[::-1]
    order = np.argsort(worst_last["tier"].map(_height).to_numpy(), kind="stable")
    drawn = worst_last.iloc[order]
    places = view.place(np.column_stack([drawn.geometry.x, drawn.geometry.y]))
    for (x, y), tier in zip(places.tolist(), drawn["tier"], strict=True):
        swatch = TIER_SWATCHES[tier]
        box = (x - radius, y - radius, x + radius, y + radius)
        pen.ellipse(box, fill=swatch.fill, outline=swatch.line, width=max(1, radius // 4))
        if letters is not None:
            sign = tier.replace("T", "")
            pen.text((x, y), sign, fill=swatch.ink, font=letters, anchor="mm")


def _height(tier: str) -> int:
    """Which tier is drawn over which: not seen lies under what was seen damaged."""
    return {"T0": 0, "U": 1}.get(tier, 2 + int(tier[1:]) if tier[1:] else 1)


def _draw_bar(pen: ImageDraw.ImageDraw, view: _View) -> str:
    km = max(
        (step for step in _STEPS_KM if step / _KM_PER_DEG * view.px_per_lat <= _BAR_PX),
        default=_STEPS_KM[0],
    )
    long = km / _KM_PER_DEG * view.px_per_lat
    left, bottom = 24, HEIGHT_PX - 24
    pen.rectangle((left - 10, bottom - 24, left + long + 10, bottom + 12), fill="#ffffffd0")
    pen.line([(left, bottom - 12), (left, bottom), (left + long, bottom),
              (left + long, bottom - 12)], fill="#1b2430", width=4)  # fmt: skip
    return f"{km:g} km" if km >= 1 else f"{km * 1000:g} m"
