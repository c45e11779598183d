"""Chips to network input, and paired augmentation. The same resampling trains and grades."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Generator, Tensor

from core.chips import ChipBatch
from detectors.model import ModelOptions

HALF_RANGE = 127.5
"""uint8 to -1..1, as the ImageNet weights expect."""
COLOURS = 3
MAX_VALUE = 1.2
"""Varied colours may leave -1..1 by this much, as an overexposed sensor's would."""


@dataclass(frozen=True, slots=True)
class AugmentOptions:
    """How training chips are varied; each date apart where the world does it apart."""

    scale_range: float = 0.15
    """Zoom of both dates together, up to this share either way."""
    turn_deg: float = 20.0
    """Small rotation of both dates together, on top of quarter turns and flips."""
    shift_frac: float = 0.03
    """Misregistration of each date apart, share of the chip's side (about 1.2 m of 40 m)."""
    brightness: float = 0.25
    contrast: float = 0.25
    colour: float = 0.08
    """Gain of each colour of each date: sensors and seasons differ."""
    blur_probability: float = 0.15


@dataclass(frozen=True, slots=True)
class Placement:
    """Where views are taken: affine ``(batch, time, 2, 3)`` in chip coordinates -1..1."""

    matrix: Tensor


def stack_channels(chips: ChipBatch) -> Tensor:
    """Chips as float ``(batch, time, channels, height, width)``; the footprint is 0 or 1.

    Pixels not seen are 0 after scaling, mid-grey, rather than black.
    """
    images = torch.from_numpy(chips.images).float().div_(HALF_RANGE).sub_(1.0)
    images.mul_(torch.from_numpy(chips.valid).unsqueeze(2))
    outline = torch.from_numpy(chips.footprint).float()[:, None, None].expand(-1, 2, -1, -1, -1)
    return torch.cat([images, outline], dim=2)


def straight(batch: int) -> Placement:
    """Views as the chip lies."""
    matrix = torch.eye(2, 3).expand(batch, 2, 2, 3)
    return Placement(matrix)


def flipped(batch: int, *, rows: bool, columns: bool) -> Placement:
    """Views mirrored; both dates alike."""
    signs = torch.tensor([[-1.0 if columns else 1.0], [-1.0 if rows else 1.0]])
    return Placement((torch.eye(2, 3) * signs).expand(batch, 2, 2, 3))


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


def take_views(stacked: Tensor, placement: Placement, options: ModelOptions) -> Tensor:
    """Views ``(batch, zoom, time, channels, view_px, view_px)`` of stacked chips."""
    batch, times = stacked.shape[:2]
    flat = stacked.flatten(0, 1)
    matrix = placement.matrix.to(stacked).flatten(0, 1)
    views = []
    for zoom in options.zooms:
        scaled = torch.cat([matrix[:, :, :2] * zoom, matrix[:, :, 2:]], dim=-1)
        size = [batch * times, stacked.shape[2], options.view_px, options.view_px]
        grid = F.affine_grid(scaled, size, align_corners=False)
        views.append(F.grid_sample(flat, grid, align_corners=False, padding_mode="zeros"))
    return torch.stack([view.view(batch, times, *view.shape[1:]) for view in views], dim=1)


def vary_colour(stacked: Tensor, options: AugmentOptions, generator: Generator) -> Tensor:
    """Brightness, contrast and colour of each date apart; sometimes a blur of one date.

    Works in place, since a training step on a CPU spends as long here as in the network otherwise.
    """
    batch, times = stacked.shape[:2]

    def uniform(channels: int) -> Tensor:
        drawn = torch.rand((batch, times, channels, 1, 1), generator=generator) * 2 - 1
        return drawn.to(stacked)

    image = stacked[:, :, :COLOURS]
    gain = torch.exp(uniform(1) * options.contrast + uniform(COLOURS) * options.colour)
    offset = uniform(1) * options.brightness
    image.mul_(gain).add_(offset).clamp_(-MAX_VALUE, MAX_VALUE)
    is_blurred = torch.rand((batch, times), generator=generator) < options.blur_probability
    chosen = is_blurred.to(stacked.device).nonzero(as_tuple=True)
    image[chosen] = F.avg_pool2d(image[chosen], 3, stride=1, padding=1)
    return stacked
