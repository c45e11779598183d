"""Labelled chips on disk, and how they are split by area and event."""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.chips import ChipBatch
from core.damage import DamageGrade
from core.errors import InputError
from core.provenance import content_key

FOLDS = 8
"""Areas are dealt to this many folds by a digest of their name: stable, and blind to labels."""
TEST_FOLD = 1
CALIBRATION_FOLD = 3


_NOT_CHIPS = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, ValueError, TypeError, KeyError,
)  # fmt: skip
"""What numpy raises on a cut, damaged or foreign ``.npz``."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledChips:
    """Chips with their truth.

    Attributes:
        chips: the samples.
        grades: int64 ``(batch,)``, values of DamageGrade; never UNCLASSIFIED.
        events: event of each chip.
        areas: spatial block of each chip; neighbours share roofs, light and sensor, so a block
            is trained on whole or not at all.
        scene_ids: post-event scene of each chip.
    """

    chips: ChipBatch
    grades: NDArray[np.int64]
    events: NDArray[np.str_]
    areas: NDArray[np.str_]
    scene_ids: NDArray[np.str_]

    def __post_init__(self) -> None:
        if (self.grades >= DamageGrade.UNCLASSIFIED).any() or (self.grades < 0).any():
            raise ValueError("labelled chips need grades 0 to 3; drop the unclassified first")

    def __len__(self) -> int:
        return len(self.chips)

    @property
    def folds(self) -> NDArray[np.int64]:
        """``(batch,)`` fold of each chip's area."""
        names, inverse = np.unique(self.areas, return_inverse=True)
        dealt = np.array([fold_of_area(str(name)) for name in names], dtype=np.int64)
        folds: NDArray[np.int64] = dealt[inverse]
        return folds

    def select(self, keep: NDArray[np.bool_]) -> Self:
        """The chips that a mask picks."""
        return type(self)(
            self.chips.select(keep),
            self.grades[keep],
            self.events[keep],
            self.areas[keep],
            self.scene_ids[keep],
        )

    @classmethod
    def concatenate(cls, parts: "list[LabelledChips]") -> Self:
        """One set of several."""
        return cls(
            ChipBatch.concatenate([part.chips for part in parts]),
            np.concatenate([part.grades for part in parts]),
            np.concatenate([part.events for part in parts]),
            np.concatenate([part.areas for part in parts]),
            np.concatenate([part.scene_ids for part in parts]),
        )


def fold_of_area(area: str) -> int:
    """The fold that an area belongs to, for ever."""
    return int(content_key(area), 16) % FOLDS


def digest_of_chips(labelled: LabelledChips) -> str:
    """Hex SHA-256 of chips with their truth and places: data that differ never share scores."""
    digest = hashlib.sha256()
    for texts in (labelled.chips.building_ids, labelled.events, labelled.areas, labelled.scene_ids):
        digest.update("\n".join(map(str, texts)).encode() + b"\0")
    chips = labelled.chips
    for values in (labelled.grades, chips.images, chips.valid, chips.footprint, chips.pixel_m):
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def write_chips(labelled: LabelledChips, path: Path) -> None:
    """Write labelled chips as one ``.npz``; masks are packed to bits."""
    chips = labelled.chips
    with path.open("wb") as stream:  # numpy would add .npz to another suffix
        np.savez(
            stream,
            building_ids=np.array(chips.building_ids, dtype=str),
            images=chips.images,
            valid=np.packbits(chips.valid, axis=-1),
            footprint=np.packbits(chips.footprint, axis=-1),
            pixel_m=chips.pixel_m,
            grades=labelled.grades,
            events=labelled.events,
            areas=labelled.areas,
            scene_ids=labelled.scene_ids,
        )


def read_chips(path: Path) -> LabelledChips:
    """Read what ``write_chips`` wrote.

    Raises:
        InputError: the file is missing, damaged or something else.
    """
    try:
        with path.open("rb") as stream, np.load(stream) as stored:
            width = stored["images"].shape[-1]
            chips = ChipBatch(
                tuple(stored["building_ids"].tolist()),
                stored["images"],
                np.unpackbits(stored["valid"], axis=-1, count=width).astype(bool),
                np.unpackbits(stored["footprint"], axis=-1, count=width).astype(bool),
                stored["pixel_m"],
            )
            names = ("grades", "events", "areas", "scene_ids")
            return LabelledChips(chips, *(stored[name] for name in names))
    except _NOT_CHIPS as error:
        raise InputError(
            f"reading training chips {path}", f"not a chip file ({error})",
            "Delete it; training cuts it again from the event folder",
        ) from error  # fmt: skip
