"""The journal of an event's judgements, and the files that runs and training read from it.

One line of JSON an answer in ``OUT/<event_id>/reviews/judgements.jsonl``, each with the digest of
the line before it, so that a line that was edited or taken out shows.
"""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from core.errors import InputError
from core.provenance import canonical_json, sha256_of_bytes
from web.reviewing.judgement import Judgement, keep_standing
from web.reviewing.labels import LABELS_FILE, REVIEWS_FILE, write_labels, write_reviews
from web.reviewing.options import ReviewOptions
from web.reviewing.queue import Deck

REVIEWS_FOLDER = "reviews"
"""In an event's folder, beside its runs."""
JOURNAL_FILE = "judgements.jsonl"
_FIRST = "0" * 64
_CHAIN = "previous_sha256"
_OWNER_ALONE = 0o600


class Journal:
    """What people judged of one event; processes take turns."""

    def __init__(self, event_folder: Path) -> None:
        self._folder = event_folder / REVIEWS_FOLDER
        self._path = self._folder / JOURNAL_FILE

    def read(self) -> tuple[Judgement, ...]:
        """All lines, answers that were taken back too.

        Raises:
            InputError: a line was changed or is gone.
        """
        if not self._path.exists():
            return ()
        return _parse(self._path.read_text(encoding="utf-8"), self._path)

    def add(self, plan: Callable[[tuple[Judgement, ...]], Judgement]) -> Judgement:
        """Add what is planned from the lines that are there; nobody writes between.

        Raises:
            InputError: a line was changed or is gone.
            OSError: the journal cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=_OWNER_ALONE)
        with self._path.open("r+", encoding="utf-8") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            text = journal.read()
            lines = _parse(text, self._path)
            judgement = plan(lines)
            last = text.splitlines(keepends=True)[-1] if text else None
            previous = _FIRST if last is None else sha256_of_bytes(last.encode())
            journal.write(canonical_json({_CHAIN: previous, **asdict(judgement)}) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
        return judgement

    def publish(self, deck: Deck, options: ReviewOptions) -> None:
        """Write the event's reviews and labels anew from what stands; each appears whole."""
        standing = keep_standing(self.read())
        for name, write in ((REVIEWS_FILE, write_reviews), (LABELS_FILE, write_labels)):
            partial = self._folder / f".{uuid4().hex[:8]}.partial"
            partial.touch(mode=_OWNER_ALONE)
            try:
                write(partial, standing, deck, options)
                partial.replace(self._folder / name)
            finally:
                partial.unlink(missing_ok=True)


def _parse(text: str, path: Path) -> tuple[Judgement, ...]:
    judgements, last = [], _FIRST
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        try:
            said = json.loads(line)
            follows = said.pop(_CHAIN) == last
            judgement = Judgement(**said)
        except (ValueError, TypeError, KeyError, AttributeError):
            follows = False
        if not follows or judgement.number != number:
            raise InputError(
                f"reading the judgements {path}", f"line {number} does not follow the one before",
                "Restore the file from a backup; what was judged is in the ledger too",
            )  # fmt: skip
        judgements.append(judgement)
        last = sha256_of_bytes(line.encode())
    return tuple(judgements)
