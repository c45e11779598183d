"""Where the network sees damage: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).

Each channel of the network's coarse map of what changed is weighted by how much it moves the odds
of damage, and the weighted sum says where in the chip the damage is seen. Gradients flow through
pooling and head only, from maps that grading has made anyway: the trunk is not asked again.
"""

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor

from detectors.network.model import Evidence, SiameseDamageNet

_TINY = 1e-12


@torch.inference_mode(mode=False)
def map_damage(network: SiameseDamageNet, evidence: Evidence, outline: Tensor) -> Tensor:
    """Where the network sees damage in what changed.

    Args:
        network: which found the evidence. It is not changed: other threads may grade with it.
        evidence: of any number of chips, in any floating type.
        outline: their footprints, ``(batch, 1, height, width)``.

    Returns:
        float32 ``(batch, height / 16, width / 16)`` over the view, 0 to 1; 1 is where the chip's
        evidence is strongest, all 0 where nothing speaks for damage. Not comparable in strength
        between chips.
    """
    # what grading made knows no gradients; a copy does
    maps, fine = (part.to(torch.float32, copy=True) for part in evidence)
    with torch.enable_grad():
        maps.requires_grad_(True)
        readings = network.conclude(Evidence(maps, fine), outline.to(torch.float32, copy=True))
        logits = network.decide(readings)
        odds = logits[:, 1:].logsumexp(dim=1) - logits[:, 0]
        (gradient,) = torch.autograd.grad(odds.sum(), maps)
    return combine(maps.detach(), gradient)


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


def lay_on_chip(maps: Tensor, view_px: int, shape: tuple[int, int]) -> Tensor:
    """Maps of the view in the middle of the chip, enlarged to the chip's pixels.

    Args:
        maps: ``(batch, h, w)``.
        view_px: side of the view, pixels of the chip.
        shape: ``(height, width)`` of the chip.

    Returns:
        ``(batch, height, width)``; ground outside the view is 0.
    """
    height, width = shape
    size = (view_px, view_px)
    grown = F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    top, left = (height - view_px) // 2, (width - view_px) // 2
    return F.pad(grown, (left, width - view_px - left, top, height - view_px - top))
