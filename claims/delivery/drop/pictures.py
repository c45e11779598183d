"""The pictures beside the drafts of a drop."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from claims.delivery.drop.placing import put, set_aside
from claims.drafts.pictures import DraftPicture
from core.provenance import sha256_of_file


def is_sound(folder: Path, file: str, sha256: str) -> bool:
    """Whether the picture is there and is what the draft says."""
    path = folder / file
    return path.is_file() and sha256_of_file(path) == sha256


def put_pictures(folder: Path, pictures: Iterable[DraftPicture]) -> None:
    """Put pictures in place where there is none or another; those that are there stay untouched."""
    for picture in pictures:
        if not is_sound(folder, picture.file, picture.sha256):
            path = folder / picture.file
            path.parent.mkdir(exist_ok=True)
            put(path, picture.jpeg)


def set_aside_changed(
    folder: Path, listed: Mapping[str, str], coming: Iterable[DraftPicture]
) -> None:
    """Set aside pictures that are neither what the manifest says nor what is to come.

    Args:
        folder: the drop.
        listed: digests by the path from the folder.
        coming: pictures about to be put; a run that was killed may have put some.
    """
    wanted = {each.file: each.sha256 for each in coming}
    for file, sha256 in listed.items():
        path = folder / file
        is_known = is_sound(folder, file, sha256) or is_sound(folder, file, wanted.get(file, ""))
        if path.is_file() and not is_known:
            set_aside(path, "it was changed after it was written")
