"""Chips to network input, and paired augmentation. The same resampling trains and grades."""

import math
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from numpy.typing import NDArray
from torch import Generator, Tensor

from core.chips import POST, PRE, ChipBatch
from core.damage import DamageGrade
from detectors.network.model import COLOURS

SPREAD = 0.45
"""Standard deviation of a chip's colours as the network sees them, about that of the pictures that
the ImageNet weights were trained on, -1..1."""
MIN_SPREAD = 4.0
"""A chip flatter than this (of 0..255) is all one surface; its noise is not blown up further."""
MAX_VALUE = 1.5
"""Colours beyond this are cut off: glare says no more than bright."""


@dataclass(frozen=True, slots=True)
class AugmentOptions:
    """How training chips are varied; each date apart where the world does it apart."""

    scale_range: float = 0.2
    """Zoom of both dates together, up to this share either way."""
    turn_deg: float = 20.0
    """Small rotation of both dates together, on top of quarter turns and flips."""
    shift_frac: float = 0.03
    """Misregistration of each date apart, share of the view's side (about 1 m of 30 m)."""
    brightness: float = 0.25
    contrast: float = 0.25
    colour: float = 0.08
    """Gain of each colour of each date: sensors and seasons differ."""
    blur_probability: float = 0.15
    box_probability: float = 0.1
    """Share of chips whose footprint is its bounding box: not every book has outlines."""
    no_before_probability: float = 0.05
    """Share of chips without the image before."""
    same_probability: float = 0.06
    """Share of chips whose image after is the one before: nothing happened, whatever it shows."""
    swap_undamaged_probability: float = 0.15
    swap_damaged_probability: float = 0.06
    """Share of chips whose dates change places: sound afterwards is undamaged, whatever was
    before, and a change of light, season or sensor is no damage either way."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where views are taken: affine ``(batch, time, 2, 3)`` in the view's coordinates -1..1."""

    matrix: Tensor


def stack_channels(chips: ChipBatch) -> Tensor:
    """Chips as float ``(batch, time, channels, height, width)``; the footprint is 0 or 1.

    Each image has the mean of each colour at 0 and the spread of all at ``SPREAD``, so that haze,
    sun and sensor, which differ between dates and storms, do not pass for change. Pixels that one
    of the dates does not show are 0, the mean, at both: half a home beside a whole one passes for a
    change (docs/quality.md).
    """
    images = scale_colours(chips.images, chips.valid)
    outline = take_outline(chips).unsqueeze(1)
    return torch.cat([images, outline.expand(-1, 2, -1, -1, -1)], dim=2)


def take_outline(chips: ChipBatch, view_px: int | None = None) -> Tensor:
    """Footprints as float ``(batch, 1, height, width)``, 0 or 1; see ``stack_channels``."""
    middle = _middle(chips.footprint.shape[-2:], view_px)
    return torch.from_numpy(chips.footprint[middle]).float().unsqueeze(1)


def scale_colours(
    images: NDArray[np.uint8], valid: NDArray[np.bool_], view_px: int | None = None
) -> Tensor:
    """Images as float ``(batch, time, colours, height, width)``; see ``stack_channels``.

    Args:
        images: ``(batch, time, colours, height, width)``, of any number of dates.
        valid: ``(batch, time, height, width)``; see ``find_shared``.
        view_px: give only the middle of so many pixels, as the network grades it; colours are
            measured over the whole chip all the same.

    Raises:
        ValueError: the images are smaller than that.
    """
    seen = None
    if not valid.all():
        seen = torch.from_numpy(find_shared(valid)).unsqueeze(2)
    mean, spread = _measure_colours(torch.from_numpy(images), seen)
    middle = _middle(valid.shape[-2:], view_px)
    scaled = torch.from_numpy(images[middle]).float()
    scaled.sub_(mean).mul_(SPREAD / spread).clamp_(-MAX_VALUE, MAX_VALUE)
    return scaled if seen is None else scaled.mul_(seen[middle])


def find_shared(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What all dates show that show anything, at each of them: ``(batch, time, height, width)``."""
    is_blank = ~valid.any(axis=(2, 3), keepdims=True)
    shared: NDArray[np.bool_] = valid & (valid | is_blank).all(axis=1, keepdims=True)
    return shared


def _measure_colours(images: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean of each colour ``(batch, time, colours, 1, 1)``, spread ``(batch, time, 1, 1, 1)``.

    Args:
        images: see ``scale_colours``.
        seen: ``(batch, time, 1, height, width)``; None = all of it, at half the cost.
    """
    pixels = images.float()
    if seen is None:
        mean = pixels.mean(dim=(3, 4), keepdim=True)
        spread = pixels.sub_(mean).square_().mean(dim=(2, 3, 4), keepdim=True)
    else:
        weight = seen.float()
        count = weight.sum(dim=(3, 4), keepdim=True).clamp_(min=1.0)
        mean = (pixels * weight).sum(dim=(3, 4), keepdim=True) / count
        squares = pixels.sub_(mean).mul_(weight).square_()
        spread = squares.sum(dim=(2, 3, 4), keepdim=True).div_(COLOURS * count)
    return mean, spread.sqrt_().clamp_(min=MIN_SPREAD)


def _middle(shape: tuple[int, int], view_px: int | None) -> tuple[EllipsisType, slice, slice]:
    height, width = shape
    if view_px is None:
        return ..., slice(None), slice(None)
    if min(height, width) < view_px:
        raise ValueError(f"chips of {height} x {width} px are smaller than a view of {view_px} px")
    top, left = (height - view_px) // 2, (width - view_px) // 2
    return ..., slice(top, top + view_px), slice(left, left + view_px)


def draw_placement(batch: int, options: AugmentOptions, generator: Generator) -> Placement:
    """Random flips, turns and zoom of both dates together, a small shift of each apart."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator) * 2 - 1

    quarter = torch.randint(0, 4, (batch,), generator=generator) * (math.pi / 2)
    angle = quarter + uniform(batch) * math.radians(options.turn_deg)
    zoom = torch.exp(uniform(batch) * math.log1p(options.scale_range))
    mirror = torch.randint(0, 2, (batch,), generator=generator) * 2.0 - 1.0
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    turn = torch.stack(
        [torch.stack([cosine * mirror, -sine], -1), torch.stack([sine * mirror, cosine], -1)], -2
    )
    shift = uniform(batch, 2, 2, 1) * (2 * options.shift_frac)
    return Placement(torch.cat([turn[:, None].expand(-1, 2, -1, -1), shift], dim=-1))


def take_views(stacked: Tensor, placement: Placement, view_px: int) -> Tensor:
    """Views ``(batch, time, channels, view_px, view_px)`` of stacked chips.

    At the chips' own ground resolution: chips larger than the view lend it their margin where it
    is turned or shifted.
    """
    batch, times, channels, _, side = stacked.shape
    matrix = placement.matrix.to(stacked).flatten(0, 1) * (view_px / side)
    size = [batch * times, channels, view_px, view_px]
    grid = F.affine_grid(matrix, size, align_corners=False)
    views = F.grid_sample(stacked.flatten(0, 1), grid, align_corners=False)
    return views.unflatten(0, (batch, times))


def vary_history(
    stacked: Tensor, grades: Tensor, options: AugmentOptions, generator: Generator
) -> Tensor:
    """Change what happened between the dates, in place; the grades that are true then.

    Args:
        stacked: see ``stack_channels``.
        grades: ``(batch,)``, values of DamageGrade.
        options: how often.
        generator: draws.
    """
    is_paired = (stacked[:, PRE, :COLOURS] != 0).flatten(1).any(dim=1).cpu()
    is_damaged = grades > DamageGrade.NO_DAMAGE
    drawn = torch.rand(len(grades), generator=generator)
    swap_share = torch.where(
        is_damaged, options.swap_damaged_probability, options.swap_undamaged_probability
    )
    is_swapped = is_paired & (drawn < swap_share)
    is_same = is_paired & (drawn > 1 - options.same_probability)
    is_alone = torch.rand(len(grades), generator=generator) < options.no_before_probability
    is_alone &= ~is_swapped & ~is_same
    stacked[is_swapped] = stacked[is_swapped].flip(1)
    stacked[is_same, POST] = stacked[is_same, PRE]
    stacked[is_alone, PRE, :COLOURS] = 0.0
    return torch.where(is_swapped | is_same, int(DamageGrade.NO_DAMAGE), grades)


def vary_outline(stacked: Tensor, options: AugmentOptions, generator: Generator) -> Tensor:
    """Replace some footprints by their bounding boxes, in place."""
    chosen = torch.rand(len(stacked), generator=generator) < options.box_probability
    for place in chosen.nonzero()[:, 0].tolist():
        outline = stacked[place, PRE, COLOURS]
        rows, columns = outline.any(dim=1).nonzero(), outline.any(dim=0).nonzero()
        if len(rows):
            box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            stacked[place, :, COLOURS, *box] = 1.0
    return stacked


def vary_colour(stacked: Tensor, options: AugmentOptions, generator: Generator) -> Tensor:
    """Brightness, contrast and colour of each date apart; sometimes a blur of one date.

    Works in place, since a training step on a CPU spends as long here as in the network otherwise.
    """
    batch, times = stacked.shape[:2]

    def uniform(channels: int) -> Tensor:
        drawn = torch.rand((batch, times, channels, 1, 1), generator=generator) * 2 - 1
        return drawn.to(stacked)

    image = stacked[:, :, :COLOURS]
    is_seen = (image != 0).flatten(2).any(dim=2)[:, :, None, None, None]
    gain = torch.exp(uniform(1) * options.contrast + uniform(COLOURS) * options.colour)
    offset = uniform(1) * options.brightness * is_seen
    image.mul_(gain).add_(offset).clamp_(-MAX_VALUE, MAX_VALUE)
    is_blurred = torch.rand((batch, times), generator=generator) < options.blur_probability
    chosen = is_blurred.to(stacked.device).nonzero(as_tuple=True)
    image[chosen] = F.avg_pool2d(image[chosen], 3, stride=1, padding=1)
    return stacked
