"""The siamese damage network, whole.

One MobileNetV2 (Sandler et al. 2018, torchvision) looks at the building before and after, at two
scales: close (the roof) and wide (what lies around it). The footprint itself is a fourth channel,
so the network knows which of the roofs in view is asked about.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from core.damage import GRADED

CHANNELS = 4
"""Red, green, blue, footprint."""
BACKBONE_FEATURES = 1280


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The network's shape; stored in the weights file, checked at load."""

    view_px: int = 80
    """Side of what the backbone sees, pixels."""
    zooms: tuple[float, ...] = (1.0, 0.64)
    """Share of the chip's side in each view: all of it (2.5 boxes) and 1.6 boxes."""
    features: int = 192
    """Length of a view's description."""
    hidden: int = 256
    dropout: float = 0.2


class SiameseDamageNet(nn.Module):
    """Views of a pair to logits of the four grades."""

    def __init__(self, options: ModelOptions) -> None:
        super().__init__()
        self.options = options
        self.backbone = mobilenet_v2(weights=None).features
        self.backbone[0][0] = nn.Conv2d(CHANNELS, 32, 3, stride=2, padding=1, bias=False)
        self.project = nn.Linear(BACKBONE_FEATURES, options.features)
        self.head = nn.Sequential(
            nn.Dropout(options.dropout),
            nn.Linear(3 * options.features * len(options.zooms), options.hidden),
            nn.ReLU(),
            nn.Dropout(options.dropout),
            nn.Linear(options.hidden, len(GRADED)),
        )

    def forward(self, views: Tensor) -> Tensor:
        """Logits ``(batch, grades)``.

        Args:
            views: ``(batch, zoom, time, channels, height, width)``, values about -1 to 1; time is
                pre, post; channels red, green, blue, footprint.
        """
        batch, zooms, times = views.shape[:3]
        flat = views.flatten(0, 2).contiguous(memory_format=torch.channels_last)
        described = self.project(self.backbone(flat).mean(dim=(2, 3)))
        pre, post = described.view(batch, zooms, times, -1).unbind(dim=2)
        return self.head(torch.cat([pre, post, post - pre], dim=-1).flatten(1))


def load_imagenet(model: SiameseDamageNet, state: dict[str, Tensor]) -> None:
    """Start the backbone from ImageNet weights of torchvision's ``mobilenet_v2``.

    The footprint channel starts at zero, so the first step sees what ImageNet saw.
    """
    features = {
        name.removeprefix("features."): value
        for name, value in state.items()
        if name.startswith("features.")
    }
    first = features["0.0.weight"]
    blank = first.new_zeros(first.shape[0], 1, *first.shape[2:])
    features["0.0.weight"] = torch.cat([first, blank], dim=1)
    model.backbone.load_state_dict(features)


def freeze_batch_norm(model: nn.Module) -> None:
    """Keep batch norms as they are (their statistics stay those of the starting weights)."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
