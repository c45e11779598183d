"""Pulls what services say of an event into its weather folder. A failure costs freshness alone."""

import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from core.errors import FirstNoticeError, WeatherError
from weather.feeds.evidence import Evidence, Outcome, Pull, find_last
from weather.feeds.feed import Feed, Wanted
from weather.feeds.http import Answer, Validators
from weather.sources.kinds import read_product

MOST_PRODUCTS = 200
"""Of one feed at one poll: more comes of a service that leads round in circles."""


class Door(Protocol):
    """What opens addresses; see ``weather.feeds.http.FeedHttp``."""

    def fetch(self, wanted: Wanted, known: Validators) -> Answer:
        """A product, unless the known version is the newest."""
        ...


@dataclass(frozen=True, slots=True)
class Puller:
    """Asks services for an event.

    Attributes:
        door: opens addresses.
        evidence: the event's weather folder.
        now: the clock, UTC.
    """

    door: Door
    evidence: Evidence
    now: Callable[[], datetime]

    def pull(self, feeds: Iterable[Feed]) -> tuple[Pull, ...]:
        """Ask every feed once; one that fails keeps none of the others."""
        last = find_last(self.evidence.read_pulls())
        return tuple(pull for feed in feeds for pull in self._pull_feed(feed, last))

    def _pull_feed(self, feed: Feed, last: Mapping[tuple[str, str, str], Pull]) -> list[Pull]:
        waiting, done = deque(feed.first()), dict[str, Pull]()
        while waiting and len(done) < MOST_PRODUCTS:
            wanted = waiting.popleft()
            if wanted.name in done:
                continue
            before = last.get((feed.name, wanted.name, wanted.told_url))
            done[wanted.name] = self._pull_one(feed, wanted, before)
            waiting.extend(self._follow(feed, wanted))
        return list(done.values())

    def _pull_one(self, feed: Feed, wanted: Wanted, last: Pull | None) -> Pull:
        is_here = last is not None and self.evidence.path(feed.name, wanted.name).exists()
        known = last.validators if last is not None and is_here else Validators()
        asked = Pull(
            feed.name, wanted.name, wanted.told_url, wanted.kind, self.now(), Outcome.FAILED,
            last.sha256 if last else "", last.etag if last else "",
            last.last_modified if last else "",
        )  # fmt: skip
        try:
            answer = self.door.fetch(wanted, known)
        except FirstNoticeError as error:
            return self.evidence.note(replace(asked, problem=error.problem))
        return self.evidence.note(self._take(asked, wanted, answer))

    def _take(self, asked: Pull, wanted: Wanted, answer: Answer) -> Pull:
        """Keep what came, and use it if it can be read."""
        if answer.content is None:
            return replace(asked, outcome=Outcome.ABSENT if answer.is_absent else Outcome.UNCHANGED)
        digest = self.evidence.keep(answer.content)
        problem = _find_problem(wanted, answer.content)
        if problem:
            # without validators, so that the next poll gets it whole
            return replace(
                asked, outcome=Outcome.UNREADABLE, etag="", last_modified="", problem=problem
            )
        is_same = digest == asked.sha256
        if not is_same or not self.evidence.path(asked.feed, asked.name).exists():
            self.evidence.use(asked.feed, asked.name, answer.content)
        return replace(
            asked, outcome=Outcome.UNCHANGED if is_same else Outcome.NEW, sha256=digest,
            etag=answer.validators.etag, last_modified=answer.validators.last_modified,
        )  # fmt: skip

    def _follow(self, feed: Feed, wanted: Wanted) -> tuple[Wanted, ...]:
        """What the version in use leads to; one of before still leads where it led."""
        path = self.evidence.path(feed.name, wanted.name)
        if not path.exists():
            return ()
        try:
            return feed.follow(wanted, path.read_bytes())
        except WeatherError as error:
            pull = Pull(
                feed.name, wanted.name, wanted.told_url, wanted.kind, self.now(),
                Outcome.UNREADABLE, problem=error.problem,
            )  # fmt: skip
            self.evidence.note(pull)
            return ()


def _find_problem(wanted: Wanted, content: bytes) -> str:
    """Why bytes are not what they should be; empty where they are."""
    if not wanted.kind:
        return ""
    with tempfile.TemporaryDirectory(prefix="firstnotice-pull-") as folder:
        path = Path(folder) / wanted.name
        path.write_bytes(content)
        try:
            read_product(wanted.kind, path)
        except FirstNoticeError as error:
            return error.problem
    return ""
