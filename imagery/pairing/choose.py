"""Chooses for each building the scene before and the scene after, together. Pure, with reasons.

A pair's price (``imagery.pairing.price``) depends on the two scenes alone, never on which others
there are or in what order they came: a later, worse capture cannot displace an earlier, better one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import Status
from core.events import OccurrenceWindow
from core.scenes import Scene, SceneRole
from core.tables import PAIRS, check_table, join_codes
from imagery.pairing.cover import draw_surroundings, find_covers, find_touching
from imagery.pairing.price import (
    DAYS_PER_YEAR,
    PriceOptions,
    compute_pair_prices,
    compute_post_prices,
    compute_pre_prices,
)

_DIGITS = 9
"""Prices equal to so many digits are equal: sums of the same charges in another order."""
_CHUNK = 16_384
"""Buildings handled at once: with a thousand scenes 16 MB a mask."""
_NONE = -1
MAX_GSD_M = 1.25
"""Up to here grades lose at most 0.04 of AUC on any public event; at 1.5 m 0.07 on two of four, at
2 m 0.10 (docs/quality.md); at 3.7 m sound homes were called destroyed."""
TOO_COARSE = "too_coarse"
"""Reason code of a building that only coarser scenes show."""
UNCERTAIN_TIME = "uncertain_time"
"""Reason code of a scene of which only an interval is known, and that around the event."""


@dataclass(frozen=True, slots=True)
class PairingOptions:
    """What makes a pair acceptable and better."""

    max_pre_age_days: float = 5 * DAYS_PER_YEAR
    """An older baseline may show another house: NAIP's cycle is 2 to 3 years, so one is missed."""
    max_gsd_m: float = MAX_GSD_M
    """Coarser scenes are not graded on; one whose pixel size is not known is."""
    context_m: float = 10.0
    """Ground around the footprint that should be seen too: debris lands there."""
    price: PriceOptions = field(default_factory=PriceOptions)
    """What each shortcoming costs."""


def role_of(scene: Scene, window: OccurrenceWindow) -> SceneRole:
    """On which side of the event's occurrence a scene lies, with all of its interval."""
    if scene.captured_at_utc < window.start_utc:
        return SceneRole.PRE
    return SceneRole.POST if scene.began_at_utc >= window.end_utc else SceneRole.DURING


def tell_straddling(scene: Scene, window: OccurrenceWindow) -> str | None:
    """Reason code of a scene whose interval reaches over the start or end of losses, or None.

    It may show the place before the loss or after it.
    """
    first, last = scene.began_at_utc, scene.captured_at_utc
    reaches = first < window.start_utc <= last or first < window.end_utc <= last
    if first == last or not reaches:
        return None
    return (
        f"{UNCERTAIN_TIME}: captured between {first:%Y-%m-%d %H:%M}Z and {last:%Y-%m-%d %H:%M}Z, "
        f"losses occurred from {window.start_utc:%Y-%m-%d %H:%M}Z to "
        f"{window.end_utc:%Y-%m-%d %H:%M}Z"
    )


def choose_pairs(
    footprints: gpd.GeoDataFrame,
    scenes: tuple[Scene, ...],
    window: OccurrenceWindow,
    options: PairingOptions,
) -> pd.DataFrame:
    """The pair of each building, PAIRS.

    On each side only the scenes that show the building best count: with its surroundings, else
    whole, else the most of it. Of these the cheapest pair is taken; among equals the first by
    price of the scene before, then by ids. A scene before the event that is too old is only named
    where there is no other.

    Args:
        footprints: building_id and geometry, EPSG:4326.
        scenes: all there are.
        window: when the event's losses occurred.
        options: what is acceptable and what shortcomings cost.
    """
    field_ = _Field.of(scenes, window, options)
    outlines = footprints.geometry.array
    surroundings = draw_surroundings(footprints, options.context_m)
    parts = [
        _choose_chunk(
            field_, outlines[first : first + _CHUNK], surroundings[first : first + _CHUNK]
        )
        for first in range(0, len(footprints), _CHUNK)
    ]
    chosen = _Chosen.concatenate(parts)
    table = _table(field_, chosen)
    table["building_id"] = footprints["building_id"].to_numpy()
    checked: pd.DataFrame = check_table(table, PAIRS)
    return checked


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The scenes of an event by side, each side in a fixed order, with their prices.

    Attributes:
        pre: before the event, cheapest first, those too old last.
        recent: how many of these are not too old.
        post: after the event, cheapest first.
        during: while losses occurred.
        coarse: too coarse to grade on, those before and those after.
        pre_prices: ``(pre,)``.
        post_prices: ``(post,)``.
        pair_prices: ``(pre, post)``, those of the scenes included.
    """

    pre: tuple[Scene, ...]
    recent: int
    post: tuple[Scene, ...]
    during: tuple[Scene, ...]
    coarse: tuple[tuple[Scene, ...], tuple[Scene, ...]]
    pre_prices: NDArray[np.float64]
    post_prices: NDArray[np.float64]
    pair_prices: NDArray[np.float64]

    @classmethod
    def of(
        cls, scenes: Sequence[Scene], window: OccurrenceWindow, options: PairingOptions
    ) -> "_Field":
        """Sort and price scenes."""
        sides: dict[SceneRole, list[Scene]] = {role: [] for role in SceneRole}
        coarse: dict[SceneRole, list[Scene]] = {role: [] for role in SceneRole}
        for scene in scenes:
            is_coarse = scene.gsd_m > options.max_gsd_m
            (coarse if is_coarse else sides)[role_of(scene, window)].append(scene)
        oldest = window.start_utc - timedelta(days=options.max_pre_age_days)
        split: list[list[Scene]] = [[], []]
        for scene in sides[SceneRole.PRE]:
            split[scene.captured_at_utc < oldest].append(scene)
        ranked = [
            _cheapest_first(some, compute_pre_prices(some, window, options.price)) for some in split
        ]
        posts = sides[SceneRole.POST]
        post = _cheapest_first(posts, compute_post_prices(posts, window, options.price))
        pre = ranked[0] + ranked[1]
        pre_prices = compute_pre_prices(pre, window, options.price).round(_DIGITS)
        post_prices = compute_post_prices(post, window, options.price).round(_DIGITS)
        beside = compute_pair_prices(pre, post, options.price)
        total = (pre_prices[:, None] + post_prices + beside).round(_DIGITS)
        during = tuple(sides[SceneRole.DURING])
        unfit = (tuple(coarse[SceneRole.PRE]), tuple(coarse[SceneRole.POST]))
        return cls(pre, len(ranked[0]), post, during, unfit, pre_prices, post_prices, total)


def _cheapest_first(scenes: Sequence[Scene], prices: NDArray[np.float64]) -> tuple[Scene, ...]:
    order = sorted(
        range(len(scenes)), key=lambda k: (round(float(prices[k]), _DIGITS), scenes[k].scene_id)
    )
    return tuple(scenes[k] for k in order)


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """``(buildings,)`` index of the scene before and after, -1 for none; and what decided.

    ``has_coarse`` is ``(buildings, 2)``: shown before and after by scenes that are too coarse.
    """

    pre: NDArray[np.intp]
    post: NDArray[np.intp]
    has_during: NDArray[np.bool_]
    has_coarse: NDArray[np.bool_]
    reason: NDArray[np.object_]

    @classmethod
    def concatenate(cls, parts: "list[_Chosen]") -> "_Chosen":
        """One of several."""
        if not parts:
            none = np.empty(0, np.intp)
            is_no = none.astype(bool)
            return cls(none, none, is_no, is_no.reshape(0, 2), none.astype(object))
        return cls(
            np.concatenate([part.pre for part in parts]),
            np.concatenate([part.post for part in parts]),
            np.concatenate([part.has_during for part in parts]),
            np.concatenate([part.has_coarse for part in parts]),
            np.concatenate([part.reason for part in parts]),
        )


def _choose_chunk(field_: _Field, outlines: Any, surroundings: Any) -> _Chosen:
    """Buildings that the same scenes show best share their choice."""
    extents = [np.array([s.extent for s in side], dtype=object) for side in _sides(field_)]
    recent, outdated, post = (find_covers(outlines, surroundings, each) for each in extents[:3])
    outdated[recent.any(axis=1)] = False
    shown = np.concatenate([recent, outdated, post], axis=1)
    packed = np.packbits(shown, axis=1)
    if not packed.shape[1]:
        packed = np.zeros((len(shown), 1), np.uint8)
    rows = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}").ravel()
    _, first, group = np.unique(rows, return_index=True, return_inverse=True)
    count = len(field_.pre)
    chosen = [
        _choose_pair(field_, np.flatnonzero(row[:count]), np.flatnonzero(row[count:]))
        for row in shown[first]
    ]
    pre, post_, reason = (np.array(part) for part in zip(*chosen, strict=True))
    has_coarse = np.column_stack([find_touching(outlines, each) for each in extents[4:]])
    return _Chosen(
        pre[group], post_[group], find_touching(outlines, extents[3]), has_coarse,
        reason.astype(object)[group],
    )  # fmt: skip


def _sides(field_: _Field) -> Iterator[tuple[Scene, ...]]:
    yield field_.pre[: field_.recent]
    yield field_.pre[field_.recent :]
    yield field_.post
    yield field_.during
    yield from field_.coarse


def _choose_pair(
    field_: _Field, pre: NDArray[np.intp], post: NDArray[np.intp]
) -> tuple[int, int, str]:
    """The cheapest pair of candidates, given cheapest first, and why it is taken."""
    if not len(pre) or not len(post):
        return (int(pre[0]) if len(pre) else _NONE, int(post[0]) if len(post) else _NONE, "")
    prices = field_.pair_prices[np.ix_(pre, post)]
    row, column = np.unravel_index(int(prices.argmin()), prices.shape)
    before, after = int(pre[row]), int(post[column])
    newest = max(field_.pre[k].captured_at_utc for k in pre)
    clouds = np.nan_to_num([field_.post[k].cloud_frac for k in post])
    is_newest = field_.pre[before].captured_at_utc == newest
    is_clearest = clouds[column] <= clouds.min()
    reasons = ["newest_before" if is_newest else "better_before"]
    reasons += ["clearest_after" if is_clearest else "better_after"]
    is_dearer = (
        field_.pre_prices[before] > field_.pre_prices[pre[0]]
        or field_.post_prices[after] > field_.post_prices[post[0]]
    )
    reasons += ["views_agree"] if is_dearer else []
    return before, after, join_codes(reasons)


def _table(field_: _Field, chosen: _Chosen) -> pd.DataFrame:
    """PAIRS without the buildings' ids."""
    has_pre, has_post = chosen.pre >= 0, chosen.post >= 0
    is_old = has_pre & (chosen.pre >= field_.recent)
    is_stale = ~has_post & chosen.has_during
    is_lost = ~has_post & ~chosen.has_during
    status = np.select(
        [~has_pre | is_lost, is_old | is_stale],
        [str(Status.NO_IMAGERY), str(Status.STALE_IMAGERY)],
        "paired",
    )
    coarse_before, coarse_after = chosen.has_coarse.T
    reasons = ["captured_before_losses_ended", TOO_COARSE, "no_scene_after"]
    after = np.select([is_stale, is_lost & coarse_after, is_lost], reasons, "")
    reasons = [TOO_COARSE, "no_scene_before", "scene_before_too_old"]
    before = np.select([~has_pre & coarse_before, ~has_pre, is_old], reasons, "")
    before = np.where(before == after, "", before)
    joint = np.where((after != "") & (before != ""), ";", "")
    missing = np.char.add(np.char.add(after, joint), before)
    return pd.DataFrame(
        {
            "pair_status": status,
            "pair_reason": np.where(status == "paired", chosen.reason, missing),
            "pre_scene_id": _take([s.scene_id for s in field_.pre], chosen.pre, None),
            "post_scene_id": _take([s.scene_id for s in field_.post], chosen.post, None),
            "pre_captured_at_utc": _take_instants(field_.pre, chosen.pre),
            "post_captured_at_utc": _take_instants(field_.post, chosen.post),
        }
    )


def _take(values: list[Any], index: NDArray[np.intp], missing: object) -> NDArray[np.object_]:
    """The values at indices; -1 takes what is missing."""
    whole = np.empty(len(values) + 1, dtype=object)
    whole[:-1] = values
    whole[-1] = missing
    return whole[index]


def _take_instants(scenes: Sequence[Scene], index: NDArray[np.intp]) -> pd.DatetimeIndex:
    instants = [scene.captured_at_utc for scene in scenes]
    return pd.DatetimeIndex(pd.to_datetime([*instants, pd.NaT], utc=True))[index]
