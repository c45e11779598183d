"""What the network looked at: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).

The network keeps its fused feature map in a submodule ``evidence``. Each of the map's channels is
weighted by how much it moves the odds of damage, and the weighted sum says where in the chip the
damage is seen. Gradients flow through pooling and head only, so a picture costs about one more look
without mirrored views.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from numpy.typing import NDArray
from torch import Tensor, nn

from core.chips import ChipBatch
from core.damage import MAJORITY, GradeProbabilities
from detectors.predict import prepare_views

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """How to compute."""

    device: str = "cpu"
    batch: int = 16
    """Chips computed at once, as in grading."""
    is_half: bool = True
    """Look in bfloat16, which is twice as fast where the processor has it."""


def needs_picture(probabilities: GradeProbabilities) -> NDArray[np.bool_]:
    """``(batch,)``; True = graded damaged by the image alone: P(minor or worse) of a half or more.

    The others are not explained, which keeps a run's cost to its damaged homes.
    """
    needed: NDArray[np.bool_] = probabilities.damaged >= MAJORITY
    return needed


def can_explain(network: object) -> bool:
    """Whether a network says where its evidence is."""
    return isinstance(getattr(network, "evidence", None), nn.Module)


@torch.inference_mode(mode=False)
def explain(network: Any, chips: ChipBatch, options: ExplainOptions) -> NDArray[np.float32]:
    """Where the network sees damage.

    Args:
        network: with ``options`` (``ModelOptions``) and a submodule ``evidence`` whose output is
            ``(batch, channels, h, w)`` over the view. It is not changed: other threads may
            be grading with it.
        chips: what to explain.
        options: how to compute.

    Returns:
        float32 ``(batch, height, width)`` over the post chip, 0 to 1; 1 is where the chip's
        evidence is strongest, all 0 where nothing speaks for damage. Not comparable in strength
        between chips. Ground outside the network's view is 0.

    Raises:
        ValueError: the network has no ``evidence``, or it gave no map a chip.
    """
    if not can_explain(network):
        raise ValueError(f"{type(network).__name__} has no submodule 'evidence' to explain by")
    heat = np.zeros((len(chips), *chips.images.shape[-2:]), np.float32)
    if not len(chips):
        return heat
    own = copy.deepcopy(network).to(options.device).eval().requires_grad_(False)
    for first in range(0, len(chips), options.batch):
        part = np.arange(first, min(first + options.batch, len(chips)))
        maps = _explain_part(own, chips.select(part), options)
        heat[part] = _lay_on_chip(maps, own.options.view_px, heat.shape[1:]).cpu().numpy()
    return heat


def _explain_part(network: Any, chips: ChipBatch, options: ExplainOptions) -> Tensor:
    """Maps ``(batch, h, w)``, 0 to 1."""
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        leaf = output.detach().float().requires_grad_(True)
        kept.append(leaf)
        return leaf

    device = torch.device(options.device)
    views = prepare_views(network, chips).to(device)
    half = torch.autocast(device.type, torch.bfloat16, enabled=options.is_half)
    hook = network.evidence.register_forward_hook(keep)
    try:
        with torch.enable_grad(), half:
            logits = network(views).float()
            odds = logits[:, 1:].logsumexp(dim=1) - logits[:, 0]
            if len(kept) != 1 or kept[0].shape[:1] != logits.shape[:1]:
                shapes = [tuple(each.shape) for each in kept]
                raise ValueError(
                    f"evidence gave maps {shapes} for {len(chips)} chips, not one each"
                )
            (gradient,) = torch.autograd.grad(odds.sum(), kept)
    finally:
        hook.remove()
    return combine(kept[0].detach(), gradient)


def combine(maps: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM: channels weighted by their mean gradient, what speaks against is cut off.

    Args:
        maps: ``(batch, channels, h, w)``.
        gradient: of the odds of damage with respect to ``maps``, same shape.

    Returns:
        ``(batch, h, w)``, each chip's highest value 1, or all 0.
    """
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    heat = (weights * maps).sum(dim=1).relu()
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(_TINY)


def _lay_on_chip(maps: Tensor, view_px: int, shape: tuple[int, ...]) -> Tensor:
    """Maps of the view in the middle of the chip, enlarged to the chip's pixels."""
    height, width = shape
    size = (view_px, view_px)
    grown = F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    top, left = (height - view_px) // 2, (width - view_px) // 2
    return F.pad(grown, (left, width - view_px - left, top, height - view_px - top))
