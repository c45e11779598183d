"""How files come into a drop and leave it: whole or not at all, and never for good."""

import logging
from pathlib import Path

_LOG = logging.getLogger(__name__)

SET_ASIDE = "set-aside"
"""Folder of files that were found changed, for whoever looks into it."""
PARTIAL_SUFFIX = ".partial"


def put(path: Path, content: bytes) -> None:
    """Put a file in place so that a process that is killed leaves it whole or not at all."""
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    partial.write_bytes(content)
    partial.replace(path)


def set_aside(path: Path, reason: str) -> None:
    """Move a file where no reader looks and no run writes, under a name of its own."""
    aside = path.parent / SET_ASIDE
    aside.mkdir(exist_ok=True)
    taken = len(list(aside.iterdir()))
    path.replace(aside / f"{path.name}.{taken + 1}")
    _LOG.warning("%s is set aside in %s: %s", path.name, aside, reason)


def remove_partial(folder: Path) -> None:
    """Clear what a run that was killed left half written."""
    for path in folder.glob(f"*{PARTIAL_SUFFIX}"):
        path.unlink()
