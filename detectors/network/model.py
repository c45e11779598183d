"""The siamese damage network, whole.

One trunk, the early blocks of a MobileNetV2 (Sandler et al. 2018, torchvision), looks at the
building before and after. What it finds is compared place by place and then pooled where it
matters: inside the footprint, in a ring around it, and over the whole view. So the network knows
which of the roofs in view is asked about, and one view serves for roof and surroundings alike.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import mobilenet_v2

from core.damage import GRADED
from detectors.network.options import ModelOptions

COLOURS = 3
CHANNELS = COLOURS + 1
"""Red, green, blue, footprint."""
STEM_BLOCKS, FINE_BLOCKS, TRUNK_BLOCKS = 3, 7, 14
"""Blocks of the trunk up to stride 4, 8 and 16; MobileNetV2's last, of stride 32, is left out: a
house would be one cell of it."""
FINE_STRIDE, COARSE_STRIDE = 8, 16
FINE_CHANNELS, COARSE_CHANNELS = 32, 96
"""What those blocks give, by MobileNetV2's own table."""
GROUP_CHANNELS = 16
"""Channels a group of the comparing convolution."""
EXACT_BLOCKS = 2
"""First blocks of the trunk that always compute in float32: their edge finders take differences of
neighbours times up to 56, and rounding what those see is most of what bfloat16 costs."""
READING_LAYERS = 3
"""Layers of the head up to the readings; what follows makes grades of them."""
SIX_BITS = 0x40C0
"""6 as bfloat16 (sign, 8 bits of exponent, 7 of fraction), read as a whole number."""
_EPSILON = 1e-3
"""Keeps the mean over an empty mask at zero."""


class Sight(NamedTuple):
    """What the trunk sees at one date; the other date has no part in it.

    Attributes:
        fine: ``(batch, FINE_CHANNELS, height / 8, width / 8)``.
        coarse: ``(batch, COARSE_CHANNELS, height / 16, width / 16)``.
    """

    fine: Tensor
    coarse: Tensor


class Evidence(NamedTuple):
    """What changed, place by place; only pooling and the head follow it.

    Attributes:
        coarse: ``(batch, ModelOptions.coarse, height / 16, width / 16)``.
        fine: ``(batch, ModelOptions.fine, height / 8, width / 8)``.
    """

    coarse: Tensor
    fine: Tensor


class SiameseDamageNet(nn.Module):
    """Views of a pair to logits of the four grades."""

    def __init__(self, options: ModelOptions) -> None:
        super().__init__()
        self.options = options
        blocks = mobilenet_v2(weights=None).features
        self.stem = blocks[:STEM_BLOCKS]
        self.middle = blocks[STEM_BLOCKS:FINE_BLOCKS]
        self.deep = blocks[FINE_BLOCKS:TRUNK_BLOCKS]
        self.mark = nn.Conv2d(1, FINE_CHANNELS, 1, bias=False)
        nn.init.zeros_(self.mark.weight)
        self.fine = nn.Conv2d(FINE_CHANNELS, options.fine, 1)
        self.coarse = nn.Conv2d(COARSE_CHANNELS, options.coarse, 1)
        self.detail = nn.Sequential(nn.Conv2d(3 * options.fine, options.fine, 1), nn.ReLU())
        groups = max(1, options.coarse // GROUP_CHANNELS)
        self.evidence = nn.Sequential(
            nn.Conv2d(3 * options.coarse, options.coarse, 1),
            nn.ReLU(),
            nn.Conv2d(options.coarse, options.coarse, 3, padding=1, groups=groups),
            nn.ReLU(),
        )
        self.head = nn.Sequential(
            nn.Dropout(options.dropout),
            nn.Linear(3 * options.coarse + 2 * options.fine, options.hidden),
            nn.ReLU(),
            nn.Dropout(options.dropout),
            nn.Linear(options.hidden, len(GRADED)),
        )

    def forward(self, views: Tensor) -> Tensor:
        """Logits ``(batch, grades)`` of views; see ``read``."""
        return self.decide(self.read(views))

    def decide(self, readings: Tensor) -> Tensor:
        """Logits ``(batch, grades)`` of readings."""
        with _exactly(readings):
            return self.head[READING_LAYERS:](readings.float())

    def read(self, views: Tensor) -> Tensor:
        """What is read in views, ``(batch, hidden)``: all that the grades rest on.

        Args:
            views: ``(batch, time, channels, height, width)``, values about -1 to 1; time is
                pre, post; channels red, green, blue, footprint (0 or 1, alike in both).
        """
        footprint = views[:, 0, COLOURS:]
        return self.conclude(self.weigh(views[:, :, :COLOURS], footprint), footprint)

    def weigh(self, images: Tensor, footprint: Tensor) -> Evidence:
        """What changed in pairs.

        Args:
            images: ``(batch, time, colours, height, width)``.
            footprint: ``(batch, 1, height, width)``, 0 or 1.
        """
        dates = images.shape[1]
        both = self.look(images.transpose(0, 1).flatten(0, 1), footprint.repeat(dates, 1, 1, 1))
        pre, post = map(Sight, both.fine.chunk(dates), both.coarse.chunk(dates))
        return self.compare(pre, post)

    def look(self, images: Tensor, footprint: Tensor) -> Sight:
        """What the trunk sees at one date.

        Args:
            images: ``(batch, colours, height, width)``.
            footprint: ``(batch, 1, height, width)``, 0 or 1.
        """
        with _exactly(images):
            first = images.float().contiguous(memory_format=torch.channels_last)
            first = self.stem[:EXACT_BLOCKS](first)
        fine = self.middle(self.stem[EXACT_BLOCKS:](first))
        fine = fine + self.mark(F.avg_pool2d(footprint, FINE_STRIDE))
        return Sight(fine, self.deep(fine))

    def compare(self, pre: Sight, post: Sight) -> Evidence:
        """What changed between two dates; see ``look``."""
        return Evidence(
            self.evidence(_beside(self.coarse(pre.coarse), self.coarse(post.coarse))),
            self.detail(_beside(self.fine(pre.fine), self.fine(post.fine))),
        )

    def conclude(self, evidence: Evidence, footprint: Tensor) -> Tensor:
        """Readings ``(batch, hidden)`` of what changed in and around footprints."""
        change, detail = evidence
        coarse_inside, coarse_around = _where(footprint, COARSE_STRIDE, reach=1)
        fine_inside, fine_around = _where(footprint, FINE_STRIDE, reach=2)
        pooled = [
            _mean_where(change, coarse_inside),
            _mean_where(change, coarse_around),
            change.mean(dim=(2, 3)),
            _mean_where(detail, fine_inside),
            _mean_where(detail, fine_around),
        ]
        with _exactly(footprint):
            return self.head[:READING_LAYERS](torch.cat(pooled, dim=1).float())


def _exactly(values: Tensor) -> torch.autocast:
    """In float32, whatever the rest computes in."""
    return torch.autocast(values.device.type, enabled=False)


def _beside(pre: Tensor, post: Tensor) -> Tensor:
    """Maps of both dates to before, after and their difference."""
    return torch.cat([pre, post, post - pre], dim=1)


def _where(footprint: Tensor, stride: int, reach: int) -> tuple[Tensor, Tensor]:
    """Shares of each cell inside the footprint, and in the ring of ``reach`` cells around it."""
    inside = F.avg_pool2d(footprint, stride)
    touched = F.max_pool2d(footprint, stride)
    grown = F.max_pool2d(touched, 2 * reach + 1, stride=1, padding=reach)
    return inside, (grown - inside).clamp(min=0)


def _mean_where(maps: Tensor, weights: Tensor) -> Tensor:
    return (maps * weights).sum(dim=(2, 3)) / (weights.sum(dim=(2, 3)) + _EPSILON)


def load_imagenet(model: SiameseDamageNet, state: dict[str, Tensor]) -> None:
    """Start the trunk from ImageNet weights of torchvision's ``mobilenet_v2``.

    The footprint's mark starts at zero, so the first step sees what ImageNet saw.
    """
    whole = mobilenet_v2(weights=None)
    whole.load_state_dict(state)
    blocks = whole.features
    model.stem.load_state_dict(blocks[:STEM_BLOCKS].state_dict())
    model.middle.load_state_dict(blocks[STEM_BLOCKS:FINE_BLOCKS].state_dict())
    model.deep.load_state_dict(blocks[FINE_BLOCKS:TRUNK_BLOCKS].state_dict())


def fold_norms(model: SiameseDamageNet) -> SiameseDamageNet:
    """Work each batch norm into the convolution before it; answers stay the same.

    Norms of fixed statistics took three tenths of a training step on two CPU cores, for nothing.
    A folded bias learns where its norm's offset did, which torch forgets.
    """
    model.eval()
    for module in list(model.modules()):
        for (name, convolution), (following, norm) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module.register_module(name, _fold(convolution, norm))
                module.register_module(following, nn.Identity())
    return model


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Both as one; ``fuse_conv_bn_eval`` freezes the bias of a convolution that had none."""
    folded = fuse_conv_bn_eval(convolution, norm)
    if folded.bias is not None:
        folded.bias.requires_grad_(norm.bias.requires_grad)
    return folded


def round_weights(model: SiameseDamageNet) -> SiameseDamageNet:
    """Make the parameters what bfloat16 holds of them, so that both number formats share them.

    An edge finder whose nine weights no longer sum to zero answers to brightness. Rounded in one
    format only, weights moved logits by 0.05 in the mean and chances by up to 0.08; what is left is
    the rounding of what passes through, which has no side.
    """
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(value.to(torch.bfloat16))
    return model


class _ClipBits(nn.Module):
    """ReLU6; of bfloat16 by its bits, which as whole numbers have the order of the values.

    Negative values are negative whole numbers too. The same answer in a third of the time of
    torch's own on a CPU, which was a fifth of a look; knows no gradients.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Values cut off below 0 and above 6, in place."""
        if values.dtype == torch.bfloat16:
            values.view(torch.int16).clamp_(0, SIX_BITS)
            return values
        return F.hardtanh(values, 0.0, 6.0, inplace=True)


def clip_by_bits(model: SiameseDamageNet) -> SiameseDamageNet:
    """Make a model that only grades faster in bfloat16; answers stay the same."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.ReLU6):
                module.register_module(name, _ClipBits())
    return model
