"""The price others pay: a dense siamese U-Net over every pixel of both dates.

A ResNet-34 encoder for both dates and the decoder of the usual segmentation libraries (256, 128,
64, 32, 16 channels, nearest-neighbour upsampling, skips of both dates side by side), as entries
to damage challenges are built. Its weights are random: only its price counts here.
"""

import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.windows import Window
from torch import Tensor, nn
from torchvision.models import resnet34

WINDOW_PX = 1024
CLASSES = 5
"""Background and four grades."""
DECODER = (256, 128, 64, 32, 16)
MEGA = 1e6
WINDOWS = 3
"""Timed, after one to warm up; the median counts."""


class _UpBlock(nn.Module):
    """Twice the size, the skip beside it, two convolutions."""

    def __init__(self, given: int, skipped: int, out: int) -> None:
        super().__init__()
        self.convolve = nn.Sequential(
            nn.Conv2d(given + skipped, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
            nn.Conv2d(out, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
        )

    def forward(self, deep: Tensor, skip: Tensor | None) -> Tensor:
        """See the class."""
        raised = nn.functional.interpolate(deep, scale_factor=2.0, mode="nearest")
        return self.convolve(raised if skip is None else torch.cat([raised, skip], 1))


class DenseSiameseUNet(nn.Module):
    """Grades of every pixel from two dates, ``(batch, 3, height, width)`` each."""

    def __init__(self) -> None:
        super().__init__()
        body = resnet34(weights=None)
        self.stem = nn.Sequential(body.conv1, body.bn1, body.relu)
        self.pool = body.maxpool
        self.stages = nn.ModuleList([body.layer1, body.layer2, body.layer3, body.layer4])
        given = [2 * 512, *DECODER[:-1]]
        skipped = [2 * 256, 2 * 128, 2 * 64, 2 * 64, 0]
        self.decoder = nn.ModuleList(
            [_UpBlock(*each) for each in zip(given, skipped, DECODER, strict=True)]
        )
        self.head = nn.Conv2d(DECODER[-1], CLASSES, 3, padding=1)

    def forward(self, pre: Tensor, post: Tensor) -> Tensor:
        """Logits ``(batch, CLASSES, height, width)``."""
        seen = [torch.cat(both, 1) for both in zip(self._look(pre), self._look(post), strict=True)]
        deep = seen.pop()
        for block in self.decoder:
            deep = block(deep, seen.pop() if seen else None)
        return self.head(deep)

    def _look(self, image: Tensor) -> list[Tensor]:
        features = [self.stem(image)]
        deep = self.pool(features[0])
        for stage in self.stages:
            deep = stage(deep)
            features.append(deep)
        return features


@dataclass(frozen=True, slots=True)
class DensePrice:
    """Seconds a million pixels of ground, both dates, reading and decoding them included."""

    fp32_s_per_mpx: float
    bf16_s_per_mpx: float
    parameters: int


@torch.inference_mode()
def measure_dense(imagery: Path, windows: int = WINDOWS) -> DensePrice:
    """The price over windows of one scene pair of a suburb."""
    network = DenseSiameseUNet().eval().to(memory_format=torch.channels_last)
    with (
        rasterio.open(imagery / "pre-00.tif") as pre,
        rasterio.open(imagery / "post-00.tif") as post,
    ):
        places = list(product(range(pre.height // WINDOW_PX), range(pre.width // WINDOW_PX)))
        taken: dict[bool, list[float]] = {False: [], True: []}
        for row, column in places[: windows + 1]:
            for is_half, times in taken.items():
                begun = time.perf_counter()
                window = Window(column * WINDOW_PX, row * WINDOW_PX, WINDOW_PX, WINDOW_PX)
                dates = [_to_tensor(image.read(window=window)) for image in (pre, post)]
                with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
                    network(*dates).argmax(1).to(torch.uint8).numpy()
                times.append(time.perf_counter() - begun)
    fp32, bf16 = (float(np.median(times[1:])) / (WINDOW_PX**2 / MEGA) for times in taken.values())
    return DensePrice(fp32, bf16, sum(part.numel() for part in network.parameters()))


def _to_tensor(pixels: np.ndarray) -> Tensor:
    image = torch.from_numpy(pixels)[None].to(memory_format=torch.channels_last)
    return image.float() / 127.5 - 1
