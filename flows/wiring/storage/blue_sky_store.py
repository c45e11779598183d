"""What is known of insured buildings before any storm, by scene, building and model.

A cell's file holds the chips of its buildings before, what the network saw in them, and what the
picture after is registered on. A building counts as known where its outline is still the same.
"""

import logging
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.provenance import content_key
from core.scenes import Scene
from flows.wiring.storage.folders import atomic_path
from flows.wiring.storage.scene_key import key_of_scene
from imagery.chips.kept_date import KeptDate
from imagery.chips.tiles import Tile

if TYPE_CHECKING:
    from detectors.network.kept import KeptSight

_log = logging.getLogger(__name__)
FOLDER = "blue-sky"
_DAMAGED = (OSError, EOFError, zipfile.BadZipFile, ValueError, KeyError)
"""What numpy raises on a file that was cut short or is something else."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptCell:
    """Buildings of one cell, seen in one scene before.

    Attributes:
        outlines: key of each building's outline, by building id, in the order of the rows below.
        date: their chips.
        sight: what the network saw in them.
    """

    outlines: Mapping[str, str]
    date: KeptDate
    sight: "KeptSight"

    @property
    def rows(self) -> dict[str, int]:
        """Row of each building by its id."""
        return {name: row for row, name in enumerate(self.outlines)}


@dataclass(frozen=True, slots=True)
class BlueSkyStore:
    """Files of kept cells below a folder.

    Attributes:
        folder: shared by all runs, and by all workers.
        key: names what decides what is kept: code, weights, how chips are cut.
    """

    folder: Path
    key: str

    def path(self, tile: Tile, pre: Scene, crs: str) -> Path:
        """Where the cell of a tile lies, if it was kept."""
        scene = key_of_scene(pre)
        column, row = tile.cell
        return self.folder / self.key / scene / f"{crs.replace(':', '')}_{column}_{row}.npz"

    def write(self, cell: KeptCell, path: Path) -> None:
        """Write a cell; the file appears whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as partial, partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **_to_arrays(cell))

    def read(self, path: Path) -> KeptCell | None:
        """A cell; None where there is none. One that is damaged counts as none."""
        if not path.exists():
            return None
        try:
            with path.open("rb") as stream, np.load(stream) as stored:
                return _from_arrays({name: stored[name] for name in stored.files})
        except _DAMAGED as error:
            _log.warning("what was kept in %s is damaged and prepared anew: %s", path.name, error)
            return None


def key_of_outline(wkb: bytes) -> str:
    """Names an outline by its shape."""
    return content_key(wkb.hex())


def _to_arrays(cell: KeptCell) -> dict[str, NDArray[Any]]:
    return cell.date.to_arrays() | {
        "building_ids": np.array(list(cell.outlines), str),
        "outline_keys": np.array(list(cell.outlines.values()), str),
        "fine": cell.sight.fine,
        "coarse": cell.sight.coarse,
    }


def _from_arrays(arrays: dict[str, NDArray[Any]]) -> KeptCell:
    from detectors.network.kept import KeptSight  # noqa: PLC0415  torch: seconds

    ids, keys = (arrays[name].tolist() for name in ("building_ids", "outline_keys"))
    return KeptCell(
        dict(zip(ids, keys, strict=True)),
        KeptDate.from_arrays(arrays),
        KeptSight(arrays["fine"], arrays["coarse"]),
    )
