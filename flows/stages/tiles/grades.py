"""Chips to rows of grades and pictures: screened, graded, put into words, drawn."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.chips import POST, PRE, ChipBatch
from core.damage import PROBABILITIES, GradeProbabilities, SeenCode, Status
from core.errors import SceneError
from core.tables import join_codes
from detectors.base import Detector
from detectors.facts import Facts, measure_facts
from detectors.network.screening import ChipFlaw, grade_usable
from detectors.reasons import LOOK_TWICE, describe, find_changed
from imagery.chips.cut import CutOptions, TileChips
from imagery.chips.pictures import draw_pictures
from imagery.chips.quality import Cause
from imagery.chips.standing import is_bare
from imagery.chips.tiles import Tile
from imagery.pairing.retry import Blame

SHIFTS = ("registration_shift_m", "shift_east_m", "shift_north_m")
_OBSCURED_BY = {
    Cause.CLOUD: "cloud_on_building",
    Cause.SMOKE: "smoke_on_building",
    Cause.SHADOW: "shadow_on_building",
    Cause.BLUR: "picture_blurred",
    Cause.GLARE: "glare_on_building",
}


def grade_chips(
    cut: TileChips, detector: Detector, options: CutOptions, pictured_from: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of GRADES without pairing, and PICTURES, of buildings of a tile in their order.

    There are pictures of the buildings that a person may look at: see ``choose_pictured``.
    ``blame`` beside the rows says which scene hid a building, so that another can be tried.

    A chip that cannot be graded costs its own building the grade, with the reason.
    """
    status, reason = decide_status(cut, options)
    table = _rows(cut.chips.building_ids, status, reason)
    table["registration_shift_m"] = cut.shift_m
    table["shift_east_m"] = cut.registration.columns_px * cut.pixel_m
    table["shift_north_m"] = -cut.registration.rows_px * cut.pixel_m
    table["usable_frac"] = cut.usable_frac
    is_usable = status == Status.GRADED
    judged = grade_usable(detector, cut.chips.select(is_usable))
    is_graded = is_usable.copy()
    is_graded[is_usable] = judged.is_graded
    table.loc[is_usable & ~is_graded, "status"] = str(Status.NO_IMAGERY)
    table.loc[is_usable, "status_reason"] = judged.flaws
    table["blame"] = find_blame(cut, table, options)
    if is_graded.any():
        grades, chips = judged.grades, cut.chips.select(is_graded)
        chances = grades.values  # noqa: PD011  not those of a table
        table.loc[is_graded, PROBABILITIES] = chances.astype(np.float64)
        table.loc[is_graded, "novelty_frac"] = grades.novelty_frac.astype(np.float64)
        facts = measure_facts(chips)
        table.loc[is_graded, "status_reason"] = say_seen(chips, grades, facts)
        table.loc[is_graded, "evidence"] = describe(facts, grades)
    shown = np.flatnonzero(choose_pictured(table, pictured_from))
    heat = _spread_heat(judged.grades, is_graded)
    return table, draw_pictures(cut.chips.select(shown), None if heat is None else heat[shown])


def choose_pictured(table: pd.DataFrame, pictured_from: float) -> NDArray[np.bool_]:
    """Which buildings a person may look at, on the safe side: the hazard is weighed in only later.

    Those that may come out as damaged, those of which something else than their grade is said,
    and those without a grade, whose pictures show why.

    Args:
        table: rows of GRADES without pairing.
        pictured_from: least P(damaged) of the image.
    """
    is_clear = (table["status_reason"] == SeenCode.SEEN) & (table["status"] == Status.GRADED)
    may_be_damaged = 1 - table[PROBABILITIES[0]] >= pictured_from
    is_unclear = table["evidence"].astype("str").str.contains(LOOK_TWICE, regex=False)
    pictured: NDArray[np.bool_] = (~is_clear | may_be_damaged | is_unclear).to_numpy(bool)
    return pictured


def decide_status(cut: TileChips, options: CutOptions) -> tuple[np.ndarray, np.ndarray]:
    """Status and reason code of each building, from what was seen of it.

    What hides a building comes before how its pictures fit: under a cloud nothing fits.
    """
    limits = options.quality
    is_obscured = cut.usable_frac < limits.min_usable_frac
    codes = [
        (~cut.chips.footprint.any(axis=(1, 2)), Status.NO_IMAGERY, str(ChipFlaw.OUTLINE_EMPTY)),
        (cut.seen_frac < limits.min_usable_frac, Status.NO_IMAGERY, "no_pixels_on_building"),
        *((is_obscured & (cut.cause == cause), Status.OBSCURED, code)
          for cause, code in _OBSCURED_BY.items()),
        (is_obscured, Status.OBSCURED, "several_causes"),
        (cut.shift_m > options.align.max_shift_m, Status.MISALIGNED, "shift_over_limit"),
        (np.full(len(cut.chips), cut.registration.is_unlike), Status.MISALIGNED,
         "pictures_do_not_match"),
    ]  # fmt: skip
    conditions = [condition for condition, _, _ in codes]
    status = np.select(conditions, [str(word) for _, word, _ in codes], str(Status.GRADED))
    reason = np.select(conditions, [code for _, _, code in codes], "seen")
    return status, reason


def find_blame(cut: TileChips, table: pd.DataFrame, options: CutOptions) -> NDArray[np.object_]:
    """``Blame`` of each building.

    Where each date alone shows enough and both together do not, the worse one is to blame.

    Args:
        cut: the chips.
        table: what became of them: status and status_reason.
        options: how much has to be seen.
    """
    pre, post = cut.clear_frac[:, PRE], cut.clear_frac[:, POST]
    limit = options.quality.min_usable_frac
    is_hidden = cut.usable_frac < limit
    conditions = [
        (table["status"] == Status.GRADED).to_numpy(),
        (table["status_reason"] == ChipFlaw.OUTLINE_EMPTY).to_numpy(),
        is_hidden & (np.maximum(pre, post) < limit),
        is_hidden & (pre < post),
        is_hidden,
    ]
    words = [Blame.NONE, Blame.NONE, Blame.BOTH, Blame.PRE, Blame.POST]
    return np.select(conditions, list(map(str, words)), str(Blame.EITHER)).astype(object)


def make_unreadable(tile: Tile, error: SceneError) -> pd.DataFrame:
    """Rows of a tile's buildings, one of whose scenes turned out damaged."""
    reason = f"unreadable:{error.work}"
    table = make_ungraded(tile.building_ids, Status.NO_IMAGERY, reason)
    sides: dict[str | None, Blame] = {
        tile.pre_scene_id: Blame.PRE, tile.post_scene_id: Blame.POST,
    }  # fmt: skip
    return table.assign(blame=str(sides.get(error.scene_id, Blame.EITHER)))


def make_ungraded(building_ids: Sequence[str], status: Status, reason: str) -> pd.DataFrame:
    """Rows of buildings of which nothing is known, for one reason."""
    count = len(building_ids)
    return _rows(building_ids, np.full(count, str(status)), np.full(count, reason))


def say_seen(
    chips: ChipBatch, probabilities: GradeProbabilities, facts: Facts
) -> NDArray[np.object_]:
    """Reason codes of graded homes: what speaks against the grade beside what was seen.

    Of the damaged ones whether they stood before at all, of the undamaged ones whether they look
    changed as measured.
    """
    reasons = np.full(len(chips), str(SeenCode.SEEN), dtype=object)
    damaged = np.flatnonzero(probabilities.is_damaged)
    bare = damaged[is_bare(chips.select(damaged))]
    reasons[bare] = join_codes([SeenCode.SEEN, SeenCode.BARE_BEFORE])
    looks_changed = find_changed(facts, probabilities)
    reasons[looks_changed] = join_codes([SeenCode.SEEN, SeenCode.LOOKS_CHANGED])
    return reasons


def _spread_heat(
    grades: GradeProbabilities, is_graded: NDArray[np.bool_]
) -> NDArray[np.float32] | None:
    """Heat of all chips; NaN for those that have no grade, None if the detector has none."""
    if grades.heat is None or is_graded.all():
        return grades.heat
    heat = np.full((len(is_graded), *grades.heat.shape[1:]), np.nan, np.float32)
    heat[is_graded] = grades.heat
    return heat


def _rows(building_ids: Sequence[str], status: np.ndarray, reason: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(
        {"building_id": list(building_ids), "status": status, "status_reason": reason},
        dtype=object,
    )
    empty = [*SHIFTS, "usable_frac", *PROBABILITIES, "novelty_frac"]
    table = table.assign(**dict.fromkeys(empty, np.nan))
    return table.assign(evidence=pd.Series(None, index=table.index, dtype=object), blame="")
