"""Which home a reviewer sees next. Pure."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from web.reviewing.judgement import Judgement, count_wanted
from web.reviewing.options import ReviewOptions


class Lane(StrEnum):
    """Why a home is in the queue. Not told before the answer: it says what the model thinks."""

    WORST = "worst"
    """By the order of the daily list."""
    RANDOM = "random"
    """By lot."""
    SECOND = "second"
    """Another person looked, and a second has to."""


@dataclass(frozen=True, slots=True)
class Deck:
    """The homes of a run that can be judged: both pictures are there.

    Attributes:
        worst: buildings, the worst first.
        drawn: the same buildings in the order of the lot, which no run changes.
    """

    worst: tuple[str, ...]
    drawn: tuple[str, ...]


def build_deck(event_id: str, table: pd.DataFrame) -> Deck:
    """The buildings with a picture before and after.

    Args:
        event_id: the lot is drawn anew for each event.
        table: ``Homes.table``, worst first.
    """
    has_pair = table[["building_id", "pre_scene_id", "post_scene_id"]].notna().all(axis=1)
    worst = table.loc[has_pair, "building_id"].drop_duplicates().astype(str).tolist()
    return Deck(tuple(worst), tuple(sorted(worst, key=lambda name: draw_lot(event_id, name))))


def draw_lot(event_id: str, building_id: str) -> bytes:
    """A building's place in the lot: whoever knows neither scores nor this cannot steer it."""
    return hashlib.sha256(f"{event_id}\n{building_id}".encode()).digest()


def choose_next(
    deck: Deck,
    answers: Mapping[str, Sequence[Judgement]],
    reviewer: str,
    options: ReviewOptions,
    taken: Collection[str] = (),
) -> tuple[str, Lane] | None:
    """The next building for a reviewer, and why; None where nothing is left for them.

    What waits for another reader comes first. Then the lot and the list take turns, so that in
    the long run ``random_frac`` of first looks are the lot's.

    Args:
        deck: homes with pictures.
        answers: standing answers by building, from ``by_building``.
        reviewer: who asks.
        options: how the queue is filled.
        taken: buildings that somebody else is looking at.
    """
    known = set(deck.worst)
    for name, given in answers.items():
        if (
            name in known
            and name not in taken
            and len(given) < count_wanted(given, second_reader=options.second_reader)
            and all(each.reviewer != reviewer for each in given)
        ):
            return name, Lane.SECOND
    seen = sum(each.lane != Lane.SECOND for given in answers.values() for each in given)
    due = [Lane.RANDOM, Lane.WORST] if _is_lots_turn(seen, options) else [Lane.WORST, Lane.RANDOM]
    orders = {Lane.WORST: deck.worst, Lane.RANDOM: deck.drawn}
    lanes = due if options.random_frac < 1 else [Lane.RANDOM]
    for lane in lanes:
        for name in orders[lane]:
            if name not in answers and name not in taken:
                return name, lane
    return None


def count_sample(deck: Deck, answers: Mapping[str, Sequence[Judgement]]) -> int:
    """How many of the lot's first homes were judged without a gap: a random sample of the event.

    Whichever lane brought a home before a person, its place in the lot was fixed before.
    """
    judged = np.array([name in answers for name in deck.drawn], bool)
    return len(judged) if judged.all() else int(judged.argmin())


def _is_lots_turn(seen: int, options: ReviewOptions) -> bool:
    return int((seen + 1) * options.random_frac) > int(seen * options.random_frac)
