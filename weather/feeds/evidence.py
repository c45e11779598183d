"""An event's weather folder: what services said, byte for byte, and when.

::

    weather/<feed>/<name>     each product's newest readable version
    weather/kept/<sha256>     every version that was ever pulled, as it came
    weather/pulls.jsonl       every time that a service was asked, and what came of it; only grows
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from weather.feeds.http import Validators

FOLDER = "weather"
KEPT = "kept"
PULLS = "pulls.jsonl"


class Outcome(StrEnum):
    """What came of asking a service for a product."""

    NEW = "new"
    """Another version than the one before."""
    UNCHANGED = "unchanged"
    """The version that is here is the newest still."""
    ABSENT = "absent"
    """The service has none."""
    UNREADABLE = "unreadable"
    """What came is not what it should be; it is kept, and the version before stays in use."""
    FAILED = "failed"
    """The service did not answer, or refused."""


FRESH = frozenset({Outcome.NEW, Outcome.UNCHANGED, Outcome.ABSENT})
"""Outcomes after which what is known is known to be the newest."""


@dataclass(frozen=True, slots=True)
class Pull:
    """One time that a service was asked for a product.

    Attributes:
        feed: the service.
        name: the product.
        url: where it was asked for, secrets hidden.
        kind: what it is read as; empty for what only leads on.
        asked_at_utc: when.
        outcome: what came of it.
        sha256: of the bytes in use after it; empty if there are none.
        etag: the server's name of that version.
        last_modified: the server's date of that version.
        problem: what went wrong; empty if nothing did.
    """

    feed: str
    name: str
    url: str
    kind: str
    asked_at_utc: datetime
    outcome: Outcome
    sha256: str = ""
    etag: str = ""
    last_modified: str = ""
    problem: str = ""

    @property
    def validators(self) -> Validators:
        """Of the version in use."""
        return Validators(self.etag, self.last_modified)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a product is.

    Attributes:
        pull: the last time that it was asked for.
        known_at_utc: the last instant at which what is here was the newest; None = never.
    """

    pull: Pull
    known_at_utc: datetime | None

    def age(self, at_utc: datetime) -> timedelta | None:
        """How long ago that was; None = never."""
        return None if self.known_at_utc is None else at_utc - self.known_at_utc


@dataclass(frozen=True, slots=True)
class Evidence:
    """The weather folder of an event."""

    folder: Path

    def path(self, feed: str, name: str) -> Path:
        """Where a product's newest readable version lies, once it is there."""
        return self.folder / feed / name

    def keep(self, content: bytes) -> str:
        """Keep bytes for good, once; gives their SHA-256."""
        digest = sha256(content).hexdigest()
        kept = self.folder / KEPT / digest
        if not kept.exists():
            _write_whole(kept, content)
        return digest

    def use(self, feed: str, name: str, content: bytes) -> None:
        """Make bytes a product's version in use; the file changes whole or not at all."""
        _write_whole(self.path(feed, name), content)

    def note(self, pull: Pull) -> Pull:
        """Write down that a service was asked."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(pull) | {"asked_at_utc": pull.asked_at_utc.isoformat()})
        with (self.folder / PULLS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return pull

    def read_pulls(self, as_of_utc: datetime | None = None) -> tuple[Pull, ...]:
        """Every time that a service was asked, in order.

        A line that a killed process left half written is none.

        Args:
            as_of_utc: only what had been asked by then; None = all.
        """
        path = self.folder / PULLS
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        pulls = [pull for line in lines if (pull := _parse(line)) is not None]
        return tuple(p for p in pulls if as_of_utc is None or p.asked_at_utc <= as_of_utc)

    def read_kept(self, digest: str) -> bytes:
        """Bytes that were kept.

        Raises:
            OSError: there are none of that digest.
        """
        return (self.folder / KEPT / digest).read_bytes()


def find_freshness(pulls: Iterable[Pull]) -> tuple[Freshness, ...]:
    """How old each product is, in the order in which they were first asked for. Pure."""
    found: dict[tuple[str, str], Freshness] = {}
    for pull in pulls:
        key = (pull.feed, pull.name)
        before = found[key].known_at_utc if key in found else None
        found[key] = Freshness(pull, pull.asked_at_utc if pull.outcome in FRESH else before)
    return tuple(found.values())


def find_last(pulls: Iterable[Pull]) -> dict[tuple[str, str, str], Pull]:
    """The last time that each product was asked for: by feed, name and told address. Pure."""
    return {(pull.feed, pull.name, pull.url): pull for pull in pulls}


def _parse(line: str) -> Pull | None:
    try:
        values = json.loads(line)
        return Pull(
            **values
            | {
                "asked_at_utc": datetime.fromisoformat(values["asked_at_utc"]),
                "outcome": Outcome(values["outcome"]),
            }
        )
    except (ValueError, TypeError, KeyError):
        return None


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex[:8]}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
