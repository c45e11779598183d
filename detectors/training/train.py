"""Trains the siamese network: resumable, and deterministic by seed on a CPU."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.provenance import content_key
from detectors.network.model import SiameseDamageNet, fold_norms
from detectors.network.number_format import NumberFormat
from detectors.network.options import ModelOptions
from detectors.network.predict import computing_in
from detectors.network.transforms import (
    AugmentOptions,
    draw_placement,
    stack_channels,
    take_views,
    vary_colour,
    vary_history,
    vary_outline,
)
from detectors.training.dataset import LabelledChips, digest_of_chips
from detectors.training.exact_strides import make_strides_exact
from detectors.training.losses import compute_loss, soften
from detectors.training.start import begin_network, digest_start, keep_start, name_frozen
from detectors.training.surroundings import SurroundingsOptions, exchange_surroundings
from detectors.training.wear import WearOptions, wear

_log = logging.getLogger(__name__)
RECIPE = 3
"""Changes whenever the same options and chips train otherwise; 1 left folded biases untrained, 2
computed strided convolutions in bfloat16."""


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
    """Within an event chips are drawn by (count of their grade) to minus this power."""
    shares: tuple[tuple[str, float], ...] = ()
    """Share of the draws that an event gets; what is left goes to the others by their size."""
    water_events: tuple[str, ...] = ()
    """Events whose "major" says water at the building, see ``losses.compute_loss``."""
    frozen: tuple[str, ...] = ("stem",)
    """Parts that keep what they start with; from nothing none does. The stem sees edges and colours
    in any picture."""
    start_share: float = 0.0
    """Share of the start in the weights that come out, see ``start.keep_start``."""
    model: ModelOptions = field(default_factory=ModelOptions)
    augment: AugmentOptions = field(default_factory=AugmentOptions)
    wear: WearOptions = field(default_factory=WearOptions)
    surroundings: SurroundingsOptions = field(default_factory=SurroundingsOptions)


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
    number_format: NumberFormat
    epoch: int = 0

    def state(self) -> dict[str, Any]:
        """What ``restore`` needs."""
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
        """Go back to where ``state`` was taken."""
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
    number_format: NumberFormat,
    report: Callable[[EpochReport], None],
) -> SiameseDamageNet:
    """Train on all given chips; the caller leaves out what is held back.

    Args:
        labelled: the training set.
        options: how.
        start: see ``start.read_start``; None to start from nothing.
        checkpoint: written after each epoch; training goes on from it if it is of this very work.
        device: where to compute.
        number_format: what to compute in; weights are held and learn in float32.
        report: told of progress.

    Returns:
        The averaged network, on the CPU, in eval mode.
    """
    torch.manual_seed(options.seed)
    steps = -(-len(labelled) // options.batch)
    run = _begin(options, start, steps, device, number_format)
    frozen = name_frozen(run.model)
    _log.info("of the network's parts these do not learn: %s", ", ".join(frozen) or "none")
    key = content_key(
        RECIPE, asdict(options), digest_of_chips(labelled), digest_start(start), number_format
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
    trained = run.average.module.cpu()
    assert isinstance(trained, SiameseDamageNet)  # noqa: S101  tells the type, which torch hides
    return keep_start(fold_norms(trained), start, options.start_share)


def _begin(
    options: TrainOptions,
    start: dict[str, Tensor] | None,
    steps: int,
    device: torch.device,
    number_format: NumberFormat,
) -> _Run:
    model = begin_network(options.model, start, options.frozen)
    make_strides_exact(model)
    model = model.to(device).to(memory_format=torch.channels_last)
    average = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(options.ema_decay), use_buffers=True
    )
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=options.learning_rate, weight_decay=options.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=steps * options.epochs + 1, pct_start=0.15
    )
    generator = torch.Generator().manual_seed(options.seed)
    return _Run(model, average, optimizer, schedule, generator, device, number_format)


def _epoch(
    run: _Run,
    labelled: LabelledChips,
    options: TrainOptions,
    report: Callable[[EpochReport], None],
) -> None:
    device = run.device
    run.model.train()
    targets = soften(options.neighbour_share).to(device)
    is_water = torch.from_numpy(np.isin(labelled.events, options.water_events))
    total = 0.0
    batches = list(_draw_batches(labelled, options, run.generator))
    for done, picked in enumerate(batches, start=1):
        views, grades = _draw_views(labelled, picked, options, run.generator, device)
        with computing_in(run.number_format, device):
            logits = run.model(views)
        loss = compute_loss(logits.float(), grades, targets, is_water[picked].to(device))
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        run.optimizer.step()
        run.schedule.step()
        run.average.update_parameters(run.model)
        total += float(loss.detach())
        report(EpochReport(run.epoch + 1, options.epochs, done / len(batches), total / done))


def _draw_batches(
    labelled: LabelledChips, options: TrainOptions, generator: Generator
) -> Iterator[NDArray[np.intp]]:
    weights = torch.from_numpy(weigh_draws(labelled, options))
    order = torch.multinomial(weights, len(labelled), replacement=True, generator=generator)
    for first in range(0, len(order), options.batch):
        yield order[first : first + options.batch].numpy()


def weigh_draws(labelled: LabelledChips, options: TrainOptions) -> NDArray[np.float64]:
    """How often each chip is drawn, ``(batch,)``, summing to 1: by event, then by grade."""
    weights = np.zeros(len(labelled))
    shares = dict(options.shares)
    rest = 1.0 - sum(shares.get(str(event), 0.0) for event in np.unique(labelled.events))
    unnamed = ~np.isin(labelled.events, list(shares))
    for event in np.unique(labelled.events):
        inside = labelled.events == event
        _, grade, counts = np.unique(
            labelled.grades[inside], return_inverse=True, return_counts=True
        )
        by_grade = counts[grade] ** -options.balance_power
        share = shares.get(str(event), rest * inside.sum() / max(1, unnamed.sum()))
        weights[inside] = share * by_grade / by_grade.sum()
    return weights / weights.sum()


def _draw_views(
    labelled: LabelledChips,
    picked: NDArray[np.intp],
    options: TrainOptions,
    generator: Generator,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """Varied views of chips, and the grades that are true of them."""
    augment = options.augment
    chips = wear(labelled.chips.select(picked), options.wear, generator)
    stacked = stack_channels(chips).to(device)
    grades = torch.from_numpy(labelled.grades[picked])
    grades = vary_history(stacked, grades, augment, generator)
    stacked = exchange_surroundings(stacked, grades, options.surroundings, generator)
    stacked = vary_outline(vary_colour(stacked, augment, generator), augment, generator)
    placement = draw_placement(len(picked), augment, generator)
    return take_views(stacked, placement, options.model.view_px), grades.to(device)
