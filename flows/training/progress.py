"""The loss of a training, epoch by epoch: told while it runs, kept as CSV, drawn as a curve."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from detectors.training.train import EpochReport
from flows.progress import progress
from flows.wiring.storage.folders import atomic_path

_PARTS = 100
_INCHES = (6.4, 3.6)
_DPI = 120


class LossLog:
    """Told of progress by training; draws a bar, says a line an epoch, and keeps the curve.

    The curve is written after each epoch, so a training that goes on where it was stopped goes on
    with its curve too: epochs from the first one reported on are replaced.

    Args:
        path: the curve's CSV, ``epoch,loss``.
        say: is told one line an epoch.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path = path
        self._say = say
        self._epoch = 0
        self._done = 0

    def __call__(self, report: EpochReport) -> None:
        """See ``detectors.training.train.train``."""
        if report.epoch != self._epoch:
            self._epoch, self._done = report.epoch, 0
            progress().begin(f"epoch {report.epoch} of {report.epochs}", _PARTS)
        done = int(report.done_frac * _PARTS)
        progress().advance(done - self._done)
        self._done = done
        if report.done_frac >= 1:
            self._say(f"epoch {report.epoch} of {report.epochs}: loss {report.loss:.4f}")
            _write_curve(_extend(read_curve(self._path), report), self._path)


def read_curve(path: Path) -> pd.DataFrame:
    """The curve so far; empty where there is none or it cannot be read, as it is no input."""
    try:
        return pd.read_csv(path)[["epoch", "loss"]].astype({"epoch": "int64", "loss": "float64"})
    except (OSError, ValueError, KeyError):
        return pd.DataFrame({"epoch": pd.Series(dtype="int64"), "loss": pd.Series(dtype="float64")})


def _extend(curve: pd.DataFrame, report: EpochReport) -> pd.DataFrame:
    earlier = curve[curve["epoch"] < report.epoch]
    latest = pd.DataFrame({"epoch": [report.epoch], "loss": [report.loss]})
    return pd.concat([earlier, latest]) if len(earlier) else latest


def _write_curve(curve: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as partial:
        curve.to_csv(partial, index=False)


def write_loss_picture(curve: pd.DataFrame, title: str, path: Path) -> None:
    """Draw the loss by epoch as PNG."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    axes.plot(curve["epoch"], curve["loss"], marker="o")
    axes.set(title=title, xlabel="epoch", ylabel="mean training loss (nats)")
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path)
