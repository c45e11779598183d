"""Chooses for each building the scene before and the scene after. Pure, with reasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.damage import Status
from core.events import OccurrenceWindow
from core.grid import choose_metric_crs
from core.scenes import Scene, SceneRole
from core.tables import PAIRS, check_table, join_codes

DAYS_PER_YEAR = 365.25
WHOLE_FRAC = 0.98
"""A building shown to this share is shown whole: outlines clipped at a scene's edge round."""
_TINY_DEG2 = 1e-18


@dataclass(frozen=True, slots=True)
class PairingOptions:
    """What makes a scene acceptable and better."""

    max_pre_age_days: float = 5 * DAYS_PER_YEAR
    """An older baseline may show another house: NAIP's cycle is 2 to 3 years, so one is missed."""
    context_m: float = 10.0
    """Ground around the footprint that should be seen too: debris lands there."""
    off_nadir_weight_per_deg: float = 0.01
    """Roof and footprint part company with view angle; 30 degrees cost as much as 0.3 cloud."""
    delay_weight_per_day: float = 0.01
    """After the event clean-up begins: ten days cost as much as 0.1 cloud."""


def role_of(scene: Scene, window: OccurrenceWindow) -> SceneRole:
    """On which side of the event's occurrence a scene lies."""
    if scene.captured_at_utc < window.start_utc:
        return SceneRole.PRE
    return SceneRole.POST if scene.captured_at_utc >= window.end_utc else SceneRole.DURING


def rank_pre(scene: Scene) -> tuple[Any, ...]:
    """Sort key of scenes before the event: newest first, then straight down, then by id."""
    return (-scene.captured_at_utc.timestamp(), _known(scene.off_nadir_deg, 0.0), scene.scene_id)


def rank_post(scene: Scene, window: OccurrenceWindow, options: PairingOptions) -> tuple[float, str]:
    """Sort key of scenes after the event: clearest first, weighed with view angle and delay."""
    days = (scene.captured_at_utc - window.end_utc) / timedelta(days=1)
    cost = (
        _known(scene.cloud_frac, 0.0)
        + options.off_nadir_weight_per_deg * _known(scene.off_nadir_deg, 0.0)
        + options.delay_weight_per_day * days
    )
    return (cost, scene.scene_id)


def choose_pairs(
    footprints: gpd.GeoDataFrame,
    scenes: tuple[Scene, ...],
    window: OccurrenceWindow,
    options: PairingOptions,
) -> pd.DataFrame:
    """The pair of each building, PAIRS.

    A scene that shows the whole building with its surroundings beats one that shows part of it;
    among equals the rank decides. A scene before the event that is too old is only named where
    there is no other.
    """
    sides: dict[SceneRole, list[Scene]] = {role: [] for role in SceneRole}
    for scene in scenes:
        sides[role_of(scene, window)].append(scene)
    oldest = window.start_utc - timedelta(days=options.max_pre_age_days)
    pre = sorted(sides[SceneRole.PRE], key=rank_pre)
    recent = [scene for scene in pre if scene.captured_at_utc >= oldest]
    outdated = pre[len(recent) :]
    post = sorted(sides[SceneRole.POST], key=lambda scene: rank_post(scene, window, options))
    surroundings = _surroundings(footprints, options.context_m)
    chosen = [
        _choose(footprints.geometry.array, surroundings, ranked)
        for ranked in (recent, outdated, post, sides[SceneRole.DURING])
    ]
    rows = [
        _row(
            _at(recent, before) or _at(outdated, long_before), _at(post, after),
            has_during=caught >= 0, oldest=oldest,
        )
        for before, long_before, after, caught in zip(*chosen, strict=True)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=[c for c in PAIRS.columns if c != "building_id"])
    table["building_id"] = footprints["building_id"].to_numpy()
    checked: pd.DataFrame = check_table(table, PAIRS)
    return checked


def _row(
    pre: Scene | None, post: Scene | None, *, has_during: bool, oldest: datetime
) -> dict[str, Any]:
    status, reasons = "paired", ["newest_before", "clearest_after"]
    if post is None and has_during:
        status, reasons = Status.STALE_IMAGERY, ["captured_before_losses_ended"]
    elif post is None:
        status, reasons = Status.NO_IMAGERY, ["no_scene_after"]
    if pre is None:
        status, reasons = Status.NO_IMAGERY, [*(reasons if post is None else []), "no_scene_before"]
    elif pre.captured_at_utc < oldest:
        status = Status.STALE_IMAGERY if post or has_during else Status.NO_IMAGERY
        reasons = [*(reasons if post is None else []), "scene_before_too_old"]
    return {
        "pair_status": str(status),
        "pair_reason": join_codes(reasons),
        "pre_scene_id": pre.scene_id if pre else None,
        "post_scene_id": post.scene_id if post else None,
        "pre_captured_at_utc": pre.captured_at_utc if pre else pd.NaT,
        "post_captured_at_utc": post.captured_at_utc if post else pd.NaT,
    }


def _choose(outlines: Any, surroundings: Any, ranked: list[Scene]) -> NDArray[np.intp]:
    """Index into ``ranked`` of the best scene of each building, -1 for none.

    A scene that shows the surroundings too comes first, then one that shows the whole building,
    then the one that shows most of it; among equals the rank decides.
    """
    best = np.full(len(outlines), -1)
    if not ranked or not len(outlines):
        return best
    extents = np.array([scene.extent for scene in ranked], dtype=object)
    tree = shapely.STRtree(extents)
    building, scene = tree.query(outlines, predicate="intersects")
    touching = pd.DataFrame({"building": building, "scene": scene})
    shown = shapely.area(shapely.intersection(np.asarray(outlines)[building], extents[scene]))
    area = shapely.area(np.asarray(outlines)[building])
    touching["shown_frac"] = (shown / np.maximum(area, _TINY_DEG2)).clip(0, 1)
    touching.loc[touching["shown_frac"] >= WHOLE_FRAC, "shown_frac"] = 1.0
    with_context = pd.MultiIndex.from_arrays(tree.query(surroundings, predicate="within"))
    touching["has_context"] = pd.MultiIndex.from_arrays([building, scene]).isin(with_context)
    first = touching.sort_values(
        ["building", "has_context", "shown_frac", "scene"], ascending=[True, False, False, True]
    ).drop_duplicates("building")
    best[first["building"].to_numpy()] = first["scene"].to_numpy()
    return best


def _surroundings(footprints: gpd.GeoDataFrame, margin_m: float) -> Any:
    if not len(footprints):
        return footprints.geometry.array
    centre = shapely.centroid(shapely.box(*footprints.total_bounds))
    metric = footprints.geometry.to_crs(choose_metric_crs(centre.x, centre.y))
    return metric.buffer(margin_m, join_style="mitre").to_crs(footprints.crs).array


def _at(scenes: list[Scene], index: int) -> Scene | None:
    return scenes[index] if index >= 0 else None


def _known(value: float, default: float) -> float:
    return default if np.isnan(value) else value
