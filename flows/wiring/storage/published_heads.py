"""Ends of ledger chains that runs noted in their run.json, outside the ledger."""

import json
from pathlib import Path

from claims.ledger.entry import ChainHead
from core.errors import InputError
from flows.wiring.storage.folders import RUN_FILE


def read_published_heads(out: Path) -> tuple[ChainHead, ...]:
    """All heads noted by the finished runs under ``out``; none where there are no runs.

    Raises:
        InputError: a run record cannot be read.
    """
    heads = set()
    for path in sorted(out.glob(f"*/*/{RUN_FILE}")):
        try:
            noted = json.loads(path.read_text(encoding="utf-8")).get("ledger_head")
            if noted is not None:
                heads.add(ChainHead(**noted))
        except (ValueError, TypeError, OSError, AttributeError) as error:
            raise InputError(
                f"reading the run record {path}", f"it is damaged ({error!r})",
                "Move the run's folder away, or restore it from a copy",
            ) from error  # fmt: skip
    return tuple(sorted(heads, key=lambda head: (head.event_id, str(head))))
