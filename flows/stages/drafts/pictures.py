"""The pictures of drafts that earlier runs made, found again in drops and runs' folders."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from claims.drafts.pictures import DraftPicture, index_pictures, name_pictures
from claims.ledger.letters import Letter
from core.provenance import sha256_of_bytes
from flows.wiring.adapters import open_drop
from flows.wiring.settings import Settings


def recall_pictures(
    out: Path, settings: Settings, letters: Sequence[Letter]
) -> dict[str, tuple[DraftPicture, ...]]:
    """Pictures by incident, from the drops that runs write, else from the runs' own folders.

    Only those that are what the draft says.
    """
    found = dict(_read_from_drops(out, settings, letters))
    return found | find_pictures(out, [each for each in letters if each.incident_id not in found])


def _read_from_drops(
    out: Path, settings: Settings, letters: Iterable[Letter]
) -> Iterator[tuple[str, tuple[DraftPicture, ...]]]:
    for letter in letters:
        said = json.loads(letter.document).get("pictures") or []
        folder = open_drop(settings, out, letter.event_id).folder
        read = [_read_picture(folder, each) for each in said]
        pictures = tuple(each for each in read if each is not None)
        if len(pictures) == len(said):
            yield letter.incident_id, pictures


def _read_picture(folder: Path, said: Mapping[str, str]) -> DraftPicture | None:
    try:
        jpeg = (folder / said["file"]).read_bytes()
    except OSError:
        return None
    if sha256_of_bytes(jpeg) != said["sha256"]:
        return None
    return DraftPicture(said["role"], said["file"], said["sha256"], jpeg)


def find_pictures(out: Path, letters: Sequence[Letter]) -> dict[str, tuple[DraftPicture, ...]]:
    """The pictures that letters of earlier runs name, where those runs' folders still hold them."""
    found: dict[str, tuple[DraftPicture, ...]] = {}
    for where in sorted({each.pictures_from for each in letters if each.pictures_from}):
        named = {
            each.incident_id: json.loads(each.document)
            for each in letters
            if each.pictures_from == where
        }
        if (out / where).is_file():
            found |= _match_pictures(out / where, named)
    return found


def _match_pictures(
    path: Path, named: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[DraftPicture, ...]]:
    """Pictures by incident; only those that are what the draft says."""
    buildings = {
        incident: draft["evidence"]["match"].get("buildingId") for incident, draft in named.items()
    }
    wanted = sorted({each for each in buildings.values() if each is not None})
    drawn = index_pictures(read_pictures_of(path, wanted))
    matched = {}
    for incident, draft in named.items():
        said = {each["file"]: each["sha256"] for each in draft.get("pictures", [])}
        pictures = name_pictures(incident, drawn.get(buildings[incident]))
        matched[incident] = tuple(each for each in pictures if said.get(each.file) == each.sha256)
    return matched


def read_pictures_of(path: Path, buildings: list[str]) -> pd.DataFrame:
    """Rows of PICTURES of some buildings; all of a town's may not fit into memory."""
    return pd.read_parquet(path, filters=[("building_id", "in", buildings)])
