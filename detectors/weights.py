"""Weights on disk: what they are, from which data, under which licence; verified at load."""

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import WeightsError
from core.provenance import ModelRef, sha256_of_file
from detectors.calibrate import Calibration
from detectors.model import ModelOptions, SiameseDamageNet, fold_norms

ARCHITECTURE = "siamese-mobilenet-v2/2"
"""Changes whenever old weights would no longer fit or mean the same."""
CARD_SUFFIX = ".json"
SHIPPED = "michael-santa-rosa-2"
"""Name of the weights in this package."""


_NOT_WEIGHTS = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error,
    ValueError, TypeError, KeyError, RuntimeError,
)  # fmt: skip
"""What numpy and torch raise on a cut, damaged or foreign ``.npz``."""


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
        calibration: from logits to probabilities.
        metrics: figures on held-out scenes, by event.
        made_with: seed, epochs, code version.
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

    @property
    def ref(self) -> ModelRef:
        """How other rooms name the weights."""
        return ModelRef(self.name, self.sha256, self.licence)


def shipped_weights() -> Path:
    """The weights file that comes with the package."""
    return Path(str(files("detectors") / "weights" / f"{SHIPPED}.npz"))


def card_path(weights: Path) -> Path:
    """Where the card of a weights file lies."""
    return weights.with_suffix(CARD_SUFFIX)


def write_weights(model: SiameseDamageNet, path: Path) -> str:
    """Write a network's parameters as half-precision ``.npz`` and give its digest.

    Half precision moves probabilities by under 1e-3 and halves the file; calibration is fitted
    to the network as it is read back.
    """
    state = {
        name: value.numpy().astype(np.float16) if value.is_floating_point() else value.numpy()
        for name, value in model.state_dict().items()
    }
    with path.open("wb") as stream:  # numpy would add .npz to another suffix
        np.savez_compressed(stream, **state)
    return sha256_of_file(path)


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
        fields = json.loads(path.read_text(encoding="utf-8"))
        fields["options"] = ModelOptions(**fields["options"])
        calibration = fields["calibration"]
        fields["calibration"] = Calibration(
            float(calibration["temperature"]), tuple(calibration["bias"])
        )
        for name in ("training_data", "held_out_scenes"):
            fields[name] = tuple(fields[name])
        return WeightsCard(**fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"reading the model card {path}", f"it is missing or damaged ({error!r})",
            "Keep the .json that was written with the weights beside them",
        ) from error  # fmt: skip


def load_weights(path: Path) -> tuple[SiameseDamageNet, WeightsCard]:
    """Load a network and its card, verified against the card's digest.

    Raises:
        WeightsError: a file is missing, the digest differs, or the weights fit another network.
    """
    card = read_card(card_path(path))
    if card.architecture != ARCHITECTURE:
        raise WeightsError(
            f"loading weights {path}", f"they fit {card.architecture}, not {ARCHITECTURE}",
            "Train again with this version, or install the version named in the card",
        )  # fmt: skip
    _check_digest(path, card)
    return read_state(path, card.options), card


def read_state(path: Path, options: ModelOptions) -> SiameseDamageNet:
    """A network from a weights file, in eval mode, without a look at any card.

    Raises:
        WeightsError: the file is not such weights.
    """
    model = fold_norms(SiameseDamageNet(options))
    try:
        with path.open("rb") as stream, np.load(stream) as stored:
            state = {
                name: torch.from_numpy(np.asarray(stored[name], _full(stored[name].dtype)))
                for name in stored.files
            }
        model.load_state_dict(state)
    except _NOT_WEIGHTS as error:
        raise WeightsError(
            f"loading weights {path}", f"they do not fit the network ({error})",
            "Fetch them again, or train again",
        ) from error  # fmt: skip
    return model.eval()


def _check_digest(path: Path, card: WeightsCard) -> None:
    if not path.exists():
        raise WeightsError(
            f"loading weights {path}", "there is no such file",
            "Reinstall firstnotice, or point detector.weights at a trained .npz",
        )  # fmt: skip
    digest = sha256_of_file(path)
    if digest != card.sha256:
        raise WeightsError(
            f"loading weights {path}",
            f"their sha256 is {digest[:12]}..., the card says {card.sha256[:12]}...",
            "The file was damaged or swapped: fetch weights and card again, together",
        )


def _full(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.float32) if dtype == np.float16 else dtype
