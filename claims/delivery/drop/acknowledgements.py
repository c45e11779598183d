"""What a claims system says of the drafts that it took from a drop: files that it puts beside them.

``acknowledged/*.csv`` with the columns ``transaction_id, revision, status, claim_number, reason``;
``status`` is ``accepted`` or ``refused``. Files stay as they are, and are read again each time.
"""

import csv
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from claims.ledger.letters import LetterState, Step

_LOG = logging.getLogger(__name__)

FOLDER = "acknowledged"
_STATES = {"accepted": LetterState.ACKNOWLEDGED, "refused": LetterState.REFUSED}
_LONGEST = 80
_MAX_CELL = 1 << 16


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What the files say.

    Attributes:
        steps: of letters that wait for an answer.
        problems: lines that cannot be used: file, row, what is wrong.
    """

    steps: tuple[Step, ...]
    problems: tuple[str, ...]


def read_acknowledgements(folder: Path, waiting: Mapping[tuple[str, int], str]) -> Acknowledged:
    """Read the files in a drop.

    Args:
        folder: the drop.
        waiting: incidents of what was sent, by transaction and revision.
    """
    steps: dict[tuple[str, int], Step] = {}
    problems: list[str] = []
    for path in sorted((folder / FOLDER).glob("*.csv")):
        for row, said in _read_rows(path, problems):
            try:
                key = (said["transaction_id"].strip(), int(said["revision"]))
                state = _STATES[said["status"].strip().casefold()]
            except (KeyError, ValueError, AttributeError):
                problems.append(f"{path.name}, row {row}: no transaction, revision and status")
                continue
            if key in waiting:
                steps[key] = _make_step(key, waiting[key], state, said)
    for problem in problems:
        _LOG.warning("%s", problem)
    return Acknowledged(tuple(steps.values()), tuple(problems))


def _read_rows(path: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(_MAX_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for number, said in enumerate(csv.DictReader(stream), start=2):
                yield number, {str(name): value for name, value in said.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"{path.name}: it is no CSV file in UTF-8 ({type(error).__name__})")


def _make_step(
    key: tuple[str, int], incident_id: str, state: LetterState, said: Mapping[str, str]
) -> Step:
    reason = (said.get("reason") or "").strip()[:_LONGEST] or None
    number = (said.get("claim_number") or "").strip()[:_LONGEST] or None
    is_refused = state is LetterState.REFUSED
    return Step(*key, incident_id, state, claim_number=number, told=reason if is_refused else None)
