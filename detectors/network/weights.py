"""Weights on disk: written, and verified at load against their card."""

import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import WeightsError
from core.provenance import sha256_of_file
from detectors.network.card import WeightsCard, card_path, read_card
from detectors.network.model import SiameseDamageNet, fold_norms
from detectors.network.novelty import Novelty
from detectors.network.options import ModelOptions

ARCHITECTURE = "siamese-mobilenet-v2/2"
"""Changes whenever old weights would no longer fit or mean the same."""
NOVELTY_PREFIX = "novelty."
"""Before the names of the arrays of ``Novelty`` in a weights file."""


_NOT_WEIGHTS = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error,
    ValueError, TypeError, KeyError, RuntimeError,
)  # fmt: skip
"""What numpy and torch raise on a cut, damaged or foreign ``.npz``."""


def write_weights(model: SiameseDamageNet, path: Path, novelty: Novelty | None = None) -> str:
    """Write a network's parameters as half-precision ``.npz`` and give its digest.

    Half precision moves probabilities by under 1e-3 and halves the file; calibration and novelty
    are fitted to the network as it is read back. Novelty lies in the same file, in full precision.
    """
    state = {
        name: value.numpy().astype(np.float16) if value.is_floating_point() else value.numpy()
        for name, value in model.state_dict().items()
    }
    if novelty is not None:
        state |= {
            f"{NOVELTY_PREFIX}{each.name}": getattr(novelty, each.name) for each in fields(novelty)
        }
    with path.open("wb") as stream:  # numpy would add .npz to another suffix
        np.savez_compressed(stream, **state)
    return sha256_of_file(path)


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
                if not name.startswith(NOVELTY_PREFIX)
            }
        model.load_state_dict(state)
    except _NOT_WEIGHTS as error:
        raise WeightsError(
            f"loading weights {path}", f"they do not fit the network ({error})",
            "Fetch them again, or train again",
        ) from error  # fmt: skip
    return model.eval()


def read_novelty(path: Path) -> Novelty | None:
    """What weights know of novelty; None for weights that say nothing of it.

    Raises:
        WeightsError: the file is not such weights.
    """
    try:
        with path.open("rb") as stream, np.load(stream) as stored:
            if not any(name.startswith(NOVELTY_PREFIX) for name in stored.files):
                return None
            return Novelty(
                **{each.name: stored[f"{NOVELTY_PREFIX}{each.name}"] for each in fields(Novelty)}
            )
    except _NOT_WEIGHTS as error:
        raise WeightsError(
            f"loading weights {path}", f"their novelty cannot be read ({error})",
            "Fetch them again, or train again",
        ) from error  # fmt: skip


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
