"""A rendered town with known truth, for the demo, tests, benchmarks and training.

Two aerial pictures of one small American town, before and after a hurricane or a wildfire, cut
into overlapping scenes as a provider delivers them. Every home's grade is known, and so is what
an honest run can say of it: some lie under a cloud, some where a scene is missing.

The picture is painted as a surface (colour, height, slope), then lit, blurred and sampled, so
shadows, roof planes and registration agree with each other. Undamaged homes change too: cars,
leaves, pool covers, light. A detector that only looks for change finds it everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray

from core.damage import XBD_SUBTYPES, DamageGrade, Status
from imagery.event_folder import SceneImage
from imagery.town.damage import wreak_havoc
from imagery.town.drawing.render import render_pictures
from imagery.town.options import DamageMix, TownOptions
from imagery.town.outline import (
    build_footprints,
    compute_transform,
    find_seen,
    outline_roofs,
    place_tile,
)
from imagery.town.plan import plan_town
from imagery.town.style import TownStyle, draw_style

__all__ = ["DamageMix", "Town", "TownOptions", "TownStyle", "draw_style", "render_town"]

OBSCURED_FRAC = 0.5
"""Share of a roof under the cloud from which nothing honest can be said of the home."""

LICENCE = "CC0-1.0"
"""Nobody's picture."""

_WORDS = {grade: word for word, grade in XBD_SUBTYPES.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """A rendered event and its truth.

    Attributes:
        scenes: pictures before and after; every home is whole in some picture before.
        footprints: FOOTPRINTS table of ``core.tables``, EPSG:4326, roofs as before the event.
        grades: building_id -> xBD word.
        expected_status: building_id -> ``core.damage.Status`` word of an honest run.
        cloud_frac: building_id -> share of the roof under the cloud in the picture after, 0 to 1;
            under a missing scene it is that of the picture nobody has.
    """

    scenes: tuple[SceneImage, ...]
    footprints: gpd.GeoDataFrame
    grades: pd.Series
    expected_status: pd.Series
    cloud_frac: pd.Series


def render_town(options: TownOptions) -> Town:
    """Render a town; the same options give the same bytes.

    Raises:
        SettingsError: the homes do not fit any town of such tiles.
    """
    style = options.style or draw_style(options.seed)
    plan = plan_town(options, style)
    havoc = wreak_havoc(options, plan)
    outlines = outline_roofs(plan.homes)
    is_seen = find_seen(outlines, plan, options)
    pictures = render_pictures(options, plan, havoc, is_seen)
    transform = compute_transform(options, plan.town_px)
    ids = [f"{options.town_id}-{number:05d}" for number in range(len(plan.homes))]
    index = pd.Index(ids, name="building_id")
    is_hidden = pictures.cloud_frac >= OBSCURED_FRAC
    status = np.select(
        [~is_seen, is_hidden],
        [Status.NO_IMAGERY.value, Status.OBSCURED.value],
        Status.GRADED.value,
    )
    tiles = list(np.ndindex(plan.tiles))
    kept = [tile for tile in tiles if tile != plan.missing_tile]
    scenes = (
        *_cut_scenes(options, style, "pre", pictures.pre, tiles=tiles, transform=transform),
        *_cut_scenes(options, style, "post", pictures.post, tiles=kept, transform=transform),
    )
    return Town(
        scenes,
        build_footprints(options, ids, outlines, transform),
        pd.Series([_WORDS[DamageGrade(g)] for g in havoc.grades.tolist()], index, name="grade"),
        pd.Series(status, index, name="expected_status"),
        pd.Series(pictures.cloud_frac, index, name="cloud_frac"),
    )


def _cut_scenes(
    options: TownOptions,
    style: TownStyle,
    side: str,
    picture: NDArray[np.uint8],
    *,
    tiles: list[tuple[int, ...]],
    transform: Affine,
) -> Iterator[SceneImage]:
    """The scenes of one picture, ``side`` being pre or post."""
    capture = style.pre if side == "pre" else style.post
    instants = {"pre": options.pre_captured_at_utc, "post": options.post_captured_at_utc}
    for row, column in tiles:
        left, top, size = place_tile(options, row, column)
        yield SceneImage(
            scene_id=f"{options.town_id}-{side}-r{row}c{column}",
            pixels=np.ascontiguousarray(picture[:, top : top + size, left : left + size]),
            valid=np.ones((size, size), dtype=np.bool_),
            transform=transform @ Affine.translation(left, top),
            captured_at_utc=instants[side],
            gsd_m=options.gsd_m,
            off_nadir_deg=capture.off_nadir_deg,
            sun_elevation_deg=capture.sun_elevation_deg,
            sun_azimuth_deg=capture.sun_azimuth_deg,
            provider="firstnotice (rendered)",
            licence=LICENCE,
        )
