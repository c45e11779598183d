"""What is known of weights: their card, and where both lie. Without torch, which takes seconds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.errors import WeightsError
from core.hazards.kinds import EventKind
from core.provenance import ModelRef
from detectors.calibrate import UNTOLD_BASE_RATE, Calibration, Calibrations
from detectors.network.options import ModelOptions

CARD_SUFFIX = ".json"
SHIPPED = "storms-fires-floods-4"
"""Name of the weights in this package."""


@dataclass(frozen=True, slots=True)
class WeightsCard:
    """What is known of a weights file; written beside it as JSON.

    Attributes:
        name: of the model.
        architecture: which network the weights fit.
        sha256: digest of the weights file.
        licence: SPDX id of the weights' licence, which follows their training data's.
        training_data: data sets trained on.
        held_out_scenes: post-event scenes that no training step and no calibration saw.
        options: the network's shape.
        calibration: from logits to probabilities, of events of any kind.
        metrics: figures on held-out scenes, by event.
        made_with: seed, epochs, code version.
        by_kind: calibrations of kinds of events that enough was known of.
    """

    name: str
    architecture: str
    sha256: str
    licence: str
    training_data: tuple[str, ...]
    held_out_scenes: tuple[str, ...]
    options: ModelOptions
    calibration: Calibration
    metrics: dict[str, Any]
    made_with: dict[str, Any]
    by_kind: Mapping[EventKind, Calibration] = field(default_factory=dict)

    @property
    def calibrations(self) -> Calibrations:
        """The general calibration and those of kinds of events."""
        return Calibrations(self.calibration, self.by_kind)

    @property
    def ref(self) -> ModelRef:
        """How other rooms name the weights."""
        return ModelRef(self.name, self.sha256, self.licence)


def shipped_weights() -> Path:
    """The weights file that comes with the package."""
    return Path(str(files("detectors.network") / "shipped" / f"{SHIPPED}.npz"))


def card_path(weights: Path) -> Path:
    """Where the card of a weights file lies."""
    return weights.with_suffix(CARD_SUFFIX)


def honest_twin(weights: Path) -> Path:
    """Weights like these that some scenes were held out of: themselves, or a part's beside them.

    Weights that were trained on everything flatter themselves wherever their truth is known.

    Raises:
        WeightsError: the card is missing or not a card.
    """
    if read_card(card_path(weights)).held_out_scenes:
        return weights
    return next(iter(sorted(weights.parent.glob(f"{weights.stem}-folds-*.npz"))), weights)


def write_card(card: WeightsCard, path: Path) -> None:
    """Write a card as readable JSON."""
    text = json.dumps(asdict(card), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_card(path: Path) -> WeightsCard:
    """Read the card of weights.

    Raises:
        WeightsError: the card is missing or not a card.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored["options"] = ModelOptions(**stored["options"])
        stored["calibration"] = _read_calibration(stored["calibration"])
        stored["by_kind"] = {
            EventKind(kind): _read_calibration(each)
            for kind, each in stored.get("by_kind", {}).items()
        }
        for name in ("training_data", "held_out_scenes"):
            stored[name] = tuple(stored[name])
        return WeightsCard(**stored)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"reading the model card {path}", f"it is missing or damaged ({error!r})",
            "Keep the .json that was written with the weights beside them",
        ) from error  # fmt: skip


def _read_calibration(stored: dict[str, Any]) -> Calibration:
    return Calibration(
        float(stored["temperature"]), tuple(stored["bias"]),
        float(stored.get("base_rate", UNTOLD_BASE_RATE)),
    )  # fmt: skip
