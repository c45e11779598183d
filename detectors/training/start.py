"""What a training begins with: nothing, ImageNet's trunk, or weights of this house."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.errors import WeightsError
from detectors.network.model import SiameseDamageNet, fold_norms, load_imagenet
from detectors.network.options import ModelOptions
from detectors.network.weights import NOVELTY_PREFIX

State = dict[str, Tensor]
_WORK = "starting a training from weights"


def read_start(path: Path | None) -> State | None:
    """Starting weights as full-precision tensors, by torchvision's names or this house's.

    Raises:
        WeightsError: the file cannot be read.
    """
    if path is None:
        return None
    try:
        with np.load(path) as stored:
            return {
                name: torch.from_numpy(np.asarray(stored[name], np.float32))
                for name in stored.files
                if not name.startswith(NOVELTY_PREFIX)
            }
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"reading starting weights {path}", f"not a .npz of tensors ({error})",
            "Correct the path, or leave start out to train from nothing",
        ) from error  # fmt: skip


def is_whole_network(path: Path | None) -> bool:
    """Whether a file to start from is weights of this house, which have learnt from events.

    Raises:
        WeightsError: the file cannot be read.
    """
    start = read_start(path)
    return start is not None and _is_whole(start)


def begin_network(
    options: ModelOptions, start: State | None, frozen: Sequence[str]
) -> SiameseDamageNet:
    """A network to train: from nothing all of it, with norms that learn.

    From weights its norms keep their statistics, and its frozen parts what they start with.

    Args:
        options: the network's shape.
        start: see ``read_start``.
        frozen: parts of the network, as in ``stem``.

    Raises:
        WeightsError: the weights do not fit the network.
    """
    model = SiameseDamageNet(options)
    if start is None:
        return model
    if _is_whole(start):
        _load_whole(fold_norms(model), start)
    else:
        load_imagenet(model, start)
    for part in frozen:
        getattr(model, part).requires_grad_(requires_grad=False)
    return fold_norms(model)


def _is_whole(start: State) -> bool:
    """Whether the weights are of a whole network of this house, not of a trunk alone."""
    return any(name.startswith("head.") for name in start)


def _load_whole(model: SiameseDamageNet, start: State) -> None:
    try:
        model.load_state_dict(start)
    except RuntimeError as error:
        raise WeightsError(
            _WORK, f"they do not fit the network ({error})",
            "Start from weights of this version's network, or from ImageNet's",
        ) from error  # fmt: skip


def keep_start(network: SiameseDamageNet, start: State | None, share: float) -> SiameseDamageNet:
    """Weights on the line between a trained network and its start, in place (Wortsman et al. 2022).

    What a short training takes from the old kinds of damage it mostly gives back, and keeps most of
    what it learnt of the new ones.

    Args:
        network: trained, norms folded.
        start: whole weights, where the share is not 0.
        share: of the start, 0 to 1.

    Raises:
        WeightsError: a share is asked of a start that is no whole network.
    """
    if not share:
        return network
    if start is None or not _is_whole(start):
        raise WeightsError(
            _WORK, f"start_share is {share}, but the start is no whole network",
            "Set start_share to 0, or start from weights that this command made",
        )  # fmt: skip
    with torch.no_grad():
        for name, value in network.named_parameters():
            value.lerp_(start[name].to(value), share)
    return network


def name_frozen(model: SiameseDamageNet) -> tuple[str, ...]:
    """Parameters that training leaves as they are, by their part where all of it is left."""
    wants: dict[str, list[tuple[str, bool]]] = {}
    for name, value in model.named_parameters():
        wants.setdefault(name.partition(".")[0], []).append((name, value.requires_grad))
    named: list[str] = []
    for part, each in wants.items():
        still = [name for name, learns in each if not learns]
        named += [part] if len(still) == len(each) else still
    return tuple(named)


def digest_start(start: State | None) -> str | None:
    """Names what training starts from, by its values."""
    if start is None:
        return None
    digest = hashlib.sha256()
    for name, value in sorted(start.items()):
        digest.update(name.encode() + b"\0")
        digest.update(np.ascontiguousarray(value.numpy()).data)
    return digest.hexdigest()
