"""Ends of ledger chains that runs noted in their run.json, outside the ledger."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from claims.ledger.entry import ChainHead
from core.errors import InputError
from flows.wiring.storage.folders import RUN_FILE

Noted = TypeVar("Noted")


def read_published_heads(out: Path) -> tuple[ChainHead, ...]:
    """All heads noted by the finished runs under ``out``; none where there are no runs.

    Raises:
        InputError: a run record cannot be read.
    """
    heads = set(read_noted(out, "ledger_head", lambda noted: ChainHead(**noted)))
    return tuple(sorted(heads, key=lambda head: (head.event_id, str(head))))


def read_noted_lists(out: Path) -> tuple[tuple[str, str], ...]:
    """Event and hash of the last act of its lists, as each finished run noted it.

    Raises:
        InputError: a run record cannot be read.
    """
    heads = read_noted(out, "list_head", lambda noted: (noted["event_id"], noted["last_hash"]))
    return tuple(sorted(set(heads)))


def read_noted(out: Path, name: str, understand: Callable[[Any], Noted]) -> Iterator[Noted]:
    """What the finished runs under ``out`` noted under a name; nothing of runs that did not.

    Raises:
        InputError: a run record cannot be read.
    """
    for path in sorted(out.glob(f"*/*/{RUN_FILE}")):
        try:
            noted = json.loads(path.read_text(encoding="utf-8")).get(name)
            if noted is not None:
                yield understand(noted)
        except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
            raise InputError(
                f"reading the run record {path}", f"it is damaged ({error!r})",
                "Move the run's folder away, or restore it from a copy",
            ) from error  # fmt: skip
