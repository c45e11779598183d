"""Trains the siamese network: resumable, and deterministic by seed on a CPU."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.chips import ChipBatch
from core.damage import GRADED
from core.provenance import content_key
from detectors.dataset import LabelledChips
from detectors.model import ModelOptions, SiameseDamageNet, freeze_batch_norm, load_imagenet
from detectors.transforms import (
    AugmentOptions,
    draw_placement,
    stack_channels,
    take_views,
    vary_colour,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How to train. Every value is part of the checkpoint's key."""

    seed: int = 7
    epochs: int = 12
    batch: int = 48
    learning_rate: float = 6e-4
    """Peak of a one-cycle schedule (Smith & Topin 2019)."""
    weight_decay: float = 0.02
    ema_decay: float = 0.995
    """Averaging of weights over steps; what is shipped is the average."""
    neighbour_share: float = 0.08
    """Target mass moved to each adjacent grade: labels differ by one grade between people."""
    balance_power: float = 0.5
    """Chips are drawn by (count of their event and grade) to minus this power."""
    model: ModelOptions = field(default_factory=ModelOptions)
    augment: AugmentOptions = field(default_factory=AugmentOptions)


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Progress: mean loss of an epoch, or of the part of it done so far."""

    epoch: int
    epochs: int
    done_frac: float
    loss: float


@dataclass(slots=True)
class _Run:
    """All that a checkpoint holds."""

    model: SiameseDamageNet
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    generator: Generator
    device: torch.device
    keeps_norms: bool
    epoch: int = 0

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "torch": torch.get_rng_state(),
            "epoch": self.epoch,
        }

    def restore(self, state: dict[str, Any]) -> None:
        for name in ("model", "average", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch"])
        self.epoch = state["epoch"]


def train(
    labelled: LabelledChips,
    options: TrainOptions,
    start: dict[str, Tensor] | None,
    *,
    checkpoint: Path,
    device: torch.device,
    report: Callable[[EpochReport], None],
) -> SiameseDamageNet:
    """Train on all given chips; the caller leaves out what is held back.

    Args:
        labelled: the training set.
        options: how.
        start: ImageNet weights of torchvision's MobileNetV2, or None to start from nothing.
        checkpoint: written after each epoch; training goes on from it if it is of this very work.
        device: where to compute; bfloat16 on CPU and GPU alike.
        report: told of progress.

    Returns:
        The averaged network, on the CPU, in eval mode.
    """
    torch.manual_seed(options.seed)
    steps = -(-len(labelled) // options.batch)
    run = _begin(options, start, steps, device)
    key = content_key(
        asdict(options), labelled.chips.building_ids, labelled.grades.tolist(), start is None
    )
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
        if stored["key"] == key:
            run.restore(stored["run"])
            _log.info("training goes on after epoch %d of %s", run.epoch, checkpoint)
    while run.epoch < options.epochs:
        _epoch(run, labelled, options, report)
        run.epoch += 1
        partial = checkpoint.with_suffix(".partial")
        torch.save({"key": key, "run": run.state()}, partial)
        partial.replace(checkpoint)
    trained = SiameseDamageNet(options.model).eval()
    trained.load_state_dict(run.average.module.state_dict())
    return trained


def _begin(
    options: TrainOptions, start: dict[str, Tensor] | None, steps: int, device: torch.device
) -> _Run:
    model = SiameseDamageNet(options.model)
    if start is not None:
        load_imagenet(model, start)
    model = model.to(device).to(memory_format=torch.channels_last)
    average = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(options.ema_decay), use_buffers=True
    )
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=steps * options.epochs + 1, pct_start=0.15
    )
    generator = torch.Generator().manual_seed(options.seed)
    return _Run(model, average, optimizer, schedule, generator, device, start is not None)


def _epoch(
    run: _Run,
    labelled: LabelledChips,
    options: TrainOptions,
    report: Callable[[EpochReport], None],
) -> None:
    device = run.device
    run.model.train()
    if run.keeps_norms:
        freeze_batch_norm(run.model)
    targets = soften(labelled.grades, options.neighbour_share).to(device)
    total = 0.0
    batches = list(_draw_batches(labelled, options, run.generator))
    for done, picked in enumerate(batches, start=1):
        views = _views(labelled.chips.select(picked), options, run.generator, device)
        with torch.autocast(device.type, torch.bfloat16):
            logits = run.model(views)
        loss = F.cross_entropy(logits.float(), targets[torch.from_numpy(picked).to(device)])
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        run.optimizer.step()
        run.schedule.step()
        run.average.update_parameters(run.model)
        total += float(loss.detach())
        report(EpochReport(run.epoch + 1, options.epochs, done / len(batches), total / done))


def soften(grades: NDArray[np.int64], neighbour_share: float) -> Tensor:
    """Ordinal soft targets ``(batch, grades)``: some mass on each adjacent grade."""
    targets = torch.eye(len(GRADED))
    beside = torch.diag(torch.ones(len(GRADED) - 1), 1) + torch.diag(
        torch.ones(len(GRADED) - 1), -1
    )
    softened = targets * (1 - neighbour_share * beside.sum(1, keepdim=True))
    return (softened + neighbour_share * beside)[torch.from_numpy(grades)]


def _draw_batches(
    labelled: LabelledChips, options: TrainOptions, generator: Generator
) -> Iterator[NDArray[np.intp]]:
    cells = np.char.add(labelled.events.astype(str), labelled.grades.astype(str))
    _, inverse, counts = np.unique(cells, return_inverse=True, return_counts=True)
    weights = torch.from_numpy(counts[inverse].astype(np.float64) ** -options.balance_power)
    order = torch.multinomial(weights, len(labelled), replacement=True, generator=generator)
    for first in range(0, len(order), options.batch):
        yield order[first : first + options.batch].numpy()


def _views(
    chips: ChipBatch, options: TrainOptions, generator: Generator, device: torch.device
) -> Tensor:
    stacked = stack_channels(chips).to(device)
    stacked = vary_colour(stacked, options.augment, generator)
    placement = draw_placement(len(chips), options.augment, generator)
    return take_views(stacked, placement, options.model)
