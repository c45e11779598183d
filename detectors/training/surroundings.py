"""Exchanges what surrounds buildings in training, so that each is judged by itself."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Generator, Tensor

from core.chips import POST, PRE
from core.damage import DamageGrade
from detectors.network.model import COLOURS

FEATHER_PX = 5
"""Width over which the one picture passes into the other: no sharp seam to learn."""
SIDE_SHARPNESS = 8.0
"""Widths of the passage between two halves, in parts of the chip's half."""


@dataclass(frozen=True, slots=True)
class SurroundingsOptions:
    """How often surroundings are exchanged."""

    probability: float = 0.12
    """Of each sound home getting a ruin's surroundings, and of each ruin getting a sound one's."""
    margin_px: tuple[int, int] = (1, 6)
    """Pixels around the footprint that stay, at least and less than: eaves and registration."""
    one_side_probability: float = 0.5
    """Of debris on one side only."""
    both_dates_probability: float = 0.25
    """Of the ruin's surroundings being there before the event as well, as they were then."""


def exchange_surroundings(
    stacked: Tensor, grades: Tensor, options: SurroundingsOptions, generator: Generator
) -> Tensor:
    """Set some sound homes among ruins, and some ruins among sound homes, in place.

    Args:
        stacked: see ``transforms.stack_channels``; the batch lends its own surroundings.
        grades: ``(batch,)``, true grades; they stay true.
        options: how often.
        generator: draws.
    """
    ruins = (grades == DamageGrade.DESTROYED).nonzero()[:, 0]
    sound = (grades == DamageGrade.NO_DAMAGE).nonzero()[:, 0]
    if not len(ruins) or not len(sound):
        return stacked
    source = stacked[:, :, :COLOURS].clone()
    for home in _draw_some(sound, options.probability, generator):
        keep = _keep_home(stacked[home, PRE, COLOURS], options, generator)
        if _chance(options.one_side_probability, generator):
            keep = torch.maximum(keep, _half(keep, generator))
        lender = source[_draw_one(ruins, generator)]
        _surround(stacked[home, POST], lender[POST], keep)
        if _chance(options.both_dates_probability, generator):
            _surround(stacked[home, PRE], lender[PRE], keep)
    for home in _draw_some(ruins, options.probability, generator):
        keep = _keep_home(stacked[home, PRE, COLOURS], options, generator)
        lender = source[_draw_one(sound, generator)]
        for date in (PRE, POST):
            _surround(stacked[home, date], lender[date], keep)
    return stacked


def _surround(picture: Tensor, lender: Tensor, keep: Tensor) -> None:
    """Put the lender's pixels around what is kept, where the lender was seen; in place."""
    if not picture[:COLOURS].any():
        return  # this date was not seen, and stays so
    share = torch.where((lender != 0).any(dim=0), keep, 1.0)
    picture[:COLOURS] = picture[:COLOURS] * share + lender * (1 - share)


def _keep_home(outline: Tensor, options: SurroundingsOptions, generator: Generator) -> Tensor:
    """``(height, width)``, 1 at the home and a margin around it, falling to 0."""
    low, high = options.margin_px
    margin = int(torch.randint(low, high, (), generator=generator))
    grown = F.max_pool2d(outline[None], 2 * margin + 1, stride=1, padding=margin)
    return F.avg_pool2d(grown, FEATHER_PX, stride=1, padding=FEATHER_PX // 2)[0]


def _half(like: Tensor, generator: Generator) -> Tensor:
    """``(height, width)``, 1 on one side of the middle, whichever way it is turned."""
    angle = 2 * math.pi * float(torch.rand((), generator=generator))
    down, right = (torch.linspace(-1, 1, side).to(like) for side in like.shape)
    towards = down[:, None] * math.sin(angle) + right * math.cos(angle)
    return (towards * SIDE_SHARPNESS + 0.5).clamp(0, 1)


def _draw_some(places: Tensor, probability: float, generator: Generator) -> list[int]:
    chosen: list[int] = places[torch.rand(len(places), generator=generator) < probability].tolist()
    return chosen


def _draw_one(places: Tensor, generator: Generator) -> int:
    return int(places[torch.randint(0, len(places), (), generator=generator)])


def _chance(probability: float, generator: Generator) -> bool:
    return bool(torch.rand((), generator=generator) < probability)
