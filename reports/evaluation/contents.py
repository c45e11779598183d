"""What an evaluation report is made of, and which misses it shows. Pure."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.damage import PROBABILITIES, DamageGrade
from core.errors import InputError
from core.estimates import JudgedGroup, SplitKind

KIND_WORDS: dict[str, str] = {
    SplitKind.AREA_FOLD: "Other areas of the same events",
    SplitKind.LEAVE_EVENT_OUT: "An event that the training never saw",
    SplitKind.HELD_OUT_SCENES: "Scenes that the weights' card holds out",
}
KIND_NOTES: dict[str, str] = {
    SplitKind.AREA_FOLD: "Each fold "
    "of spatial blocks (1.5 km squares) reports once. For it a model was "
    "trained on the other folds, and calibration and threshold were fitted to one further fold "
    "that neither trained nor reports. Blocks of other folds lie beside it, with the same storm "
    "and often the same image strip: this is the easier question.",
    SplitKind.LEAVE_EVENT_OUT: "The whole event "
    "was kept from training. Calibration and threshold were "
    "fitted to one fold of areas of the other events. This is the question that the next "
    "disaster asks, and the figures to expect of it; few events answer it.",
    SplitKind.HELD_OUT_SCENES: "Nothing was trained here. "
    "The given weights graded the scenes that their card "
    "says no training step and no calibration saw. Their makers may have looked at these figures "
    "before they chose the weights, so they are a little kinder than a first look.",
}


@dataclass(frozen=True, slots=True)
class Abstention:
    """Homes of an event with a clear label, and how many of them could be judged at all.

    Attributes:
        event_id: the event, or ``POOLED``.
        labelled: homes with one of the four grades as truth, in the whole event.
        judged: those that both images show well enough.
    """

    event_id: str
    labelled: int
    judged: int

    @property
    def abstained_frac(self) -> float | None:
        """Share not judged; None of no homes."""
        return 1 - self.judged / self.labelled if self.labelled else None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that the report says.

    Attributes:
        model: name of the model, or of what was trained.
        groups: figures, each kind's pooled group first.
        abstentions: by event.
        false_alarm_budget: share of homes without severe damage that may be opened wrongly.
        destroyed_precision: precision asked of a list of destroyed homes.
        capacity: where lists are cut, homes.
        resamples: draws of scenes behind each interval.
        provenance: weights, configs, versions and data, as JSON.

    Raises:
        InputError: there is no group to report.
    """

    model: str
    groups: tuple[JudgedGroup, ...]
    abstentions: tuple[Abstention, ...]
    false_alarm_budget: float
    destroyed_precision: float
    capacity: tuple[int, ...]
    resamples: int
    provenance: dict[str, Any]

    def __post_init__(self) -> None:
        if not self.groups:
            raise InputError(
                f"reporting the evaluation of {self.model}", "there are no scores",
                "Name folds or events that have labelled homes",
            )  # fmt: skip

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of splits, in the order of the groups."""
        return tuple(dict.fromkeys(group.kind for group in self.groups))

    def of_kind(self, kind: str) -> tuple[JudgedGroup, ...]:
        """Groups of one kind."""
        return tuple(group for group in self.groups if group.kind == kind)


def choose_worst_misses(scores: pd.DataFrame, each: int) -> pd.DataFrame:
    """The homes where the model was surest and wrong: severe ones missed, sound ones accused.

    Args:
        scores: SCORES; a home that several seeds judged counts with its mean chances.
        each: how many of either kind.

    Returns:
        Rows of ``event_id, building_id, scene_id, kind, grade`` and the four mean chances,
        ``miss`` (``missed`` or ``accused``) and ``sureness`` (0 to 1); surest first, missed
        before accused. A home judged in two kinds of split stands once, with its surer answer.
    """
    keys = ["kind", "event_id", "building_id", "scene_id", "grade"]
    homes = scores.groupby(keys, as_index=False)[list(PROBABILITIES)].mean()
    severe_chance = homes["p_major"] + homes["p_destroyed"]
    missed = homes[homes["grade"] >= DamageGrade.MAJOR]
    accused = homes[homes["grade"] == DamageGrade.NO_DAMAGE]
    parts = [
        missed.assign(miss="missed", sureness=missed["p_no_damage"]),
        accused.assign(miss="accused", sureness=severe_chance[accused.index]),
    ]
    chosen = [
        part.sort_values(["sureness", "event_id", "building_id"], ascending=[False, True, True])
        .drop_duplicates(["event_id", "building_id"])
        .head(each)
        for part in parts
    ]
    return pd.concat(chosen, ignore_index=True)
