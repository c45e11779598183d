"""Which homes report figures, which ones choices are made on, which ones are trained on. Pure.

Nested: the fold that calibrates and sets thresholds is never the fold that reports. Neighbours
share roofs, light and sensor, so spatial blocks and scenes go whole into one of the three.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.estimates import SplitKind
from detectors.training.dataset import CALIBRATION_FOLD, FOLDS, TEST_FOLD, LabelledChips

ALWAYS_TRAINED_FOLD = -1
"""Fold of chips that never report and that nothing is chosen on, rendered ones."""
CHOOSING_STEP = (CALIBRATION_FOLD - TEST_FOLD) % FOLDS
"""The choosing fold comes this far after the reporting one: fold 1 is split as ``train`` does."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Three masks over the same chips, True = the chip has the role.

    Attributes:
        name: names files and rows, as in ``fold-1``.
        kind: how the reporting chips were kept apart.
        reporting: bool ``(batch,)``; figures are of these, nothing else sees them.
        choosing: bool ``(batch,)``; calibration and thresholds are fitted to these.
        training: bool ``(batch,)``; the network learns from these.

    Raises:
        ValueError: a role is empty, masks differ in shape, or a chip has two roles.
    """

    name: str
    kind: SplitKind
    reporting: Mask
    choosing: Mask
    training: Mask

    def __post_init__(self) -> None:
        roles = {name: getattr(self, name) for name in ("reporting", "choosing", "training")}
        for role, mask in roles.items():
            if mask.dtype != np.bool_ or mask.shape != self.reporting.shape:
                raise ValueError(
                    f"split {self.name}: {role} is {mask.dtype} {mask.shape}, "
                    f"not bool {self.reporting.shape}"
                )
            if not mask.any():
                raise ValueError(f"split {self.name}: no chip is {role}")
        shared = int((sum(mask.astype(int) for mask in roles.values()) > 1).sum())
        if shared:
            raise ValueError(f"split {self.name}: {shared} chips have two roles")


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where each chip is from, ``(batch,)`` each.

    Attributes:
        events: event of each chip.
        areas: spatial block of each chip.
        scenes: scene after the event of each chip.
        folds: fold of each chip's area; ALWAYS_TRAINED_FOLD where it is never held back.

    Raises:
        InputError: a scene lies in two areas, or an area in two folds.
    """

    events: NDArray[np.str_]
    areas: NDArray[np.str_]
    scenes: NDArray[np.str_]
    folds: NDArray[np.int64]

    def __post_init__(self) -> None:
        scenes = np.char.add(np.char.add(self.events.astype(str), "/"), self.scenes.astype(str))
        _check_whole("scene", scenes, "areas", self.areas)
        _check_whole("area", self.areas, "folds", self.folds)

    @classmethod
    def of(cls, labelled: LabelledChips, always_trained: Sequence[str]) -> Self:
        """Places of labelled chips; those of the named events are always trained on."""
        is_kept = np.isin(labelled.events, list(always_trained))
        folds = np.where(is_kept, ALWAYS_TRAINED_FOLD, labelled.folds)
        return cls(labelled.events, labelled.areas, labelled.scene_ids, folds)


def _check_whole(
    part: str, names: NDArray[np.str_], wholes: str, owners: NDArray[np.generic]
) -> None:
    """Each name has one owner: as many pairs of name and owner as names."""
    _, codes = np.unique(owners, return_inverse=True)
    unique, inverse = np.unique(names, return_inverse=True)
    lowest = np.full(len(unique), len(codes))
    np.minimum.at(lowest, inverse, codes)
    straddling = codes != lowest[inverse]
    if straddling.any():
        name = str(names[straddling][0])
        raise InputError(
            "splitting chips by area", f"{part} {name} lies in two {wholes}",
            "Cut the chips again: neighbours may not be on both sides of a split",
        )  # fmt: skip


def plan_splits(
    places: Places, area_folds: Sequence[int], leave_out_events: Sequence[str]
) -> tuple[Split, ...]:
    """One split for each fold of areas that reports, then one for each event left out.

    Args:
        places: where each chip is from.
        area_folds: folds that report, 0 to ``FOLDS`` - 1.
        leave_out_events: events that report, each whole.

    Raises:
        InputError: a fold or event has no chips, or nothing is left to choose on or train on.
    """
    by_fold = [_hold_out_fold(places, fold) for fold in area_folds]
    return (*by_fold, *(_hold_out_event(places, event) for event in leave_out_events))


def _hold_out_fold(places: Places, fold: int) -> Split:
    reporting = (places.folds == fold) & (places.folds != ALWAYS_TRAINED_FOLD)
    first = (fold + CHOOSING_STEP) % FOLDS
    return _split(f"fold-{fold}", SplitKind.AREA_FOLD, reporting, places, first)


def _hold_out_event(places: Places, event: str) -> Split:
    reporting = (places.events == event) & (places.folds != ALWAYS_TRAINED_FOLD)
    return _split(
        f"without-{event}", SplitKind.LEAVE_EVENT_OUT, reporting, places, CALIBRATION_FOLD
    )


def _split(name: str, kind: SplitKind, reporting: Mask, places: Places, first: int) -> Split:
    """Choose on the first fold from ``first`` on that has chips which do not report."""
    is_free = ~reporting & (places.folds != ALWAYS_TRAINED_FOLD)
    order = [(first + step) % FOLDS for step in range(FOLDS)]
    masks = (is_free & (places.folds == fold) for fold in order)
    choosing = next((mask for mask in masks if mask.any()), np.zeros_like(reporting))
    training = ~reporting & ~choosing
    for role, mask in (("report on", reporting), ("choose on", choosing), ("train on", training)):
        if not mask.any():
            known = ", ".join(np.unique(places.events).tolist())
            folds = sorted(set(places.folds.tolist()) - {ALWAYS_TRAINED_FOLD})
            raise InputError(
                f"planning the split {name}",
                f"no chips are left to {role} (events: {known}; folds with chips: {folds})",
                "Name folds and events that have chips, or give more events to train on",
            )
    return Split(name, kind, reporting, choosing, training)
