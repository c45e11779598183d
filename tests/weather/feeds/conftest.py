"""A feed of one product, and a puller whose clock and patience a test holds."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from weather.feeds.evidence import Evidence
from weather.feeds.feed import Wanted
from weather.feeds.http import FeedHttp, FeedOptions
from weather.feeds.pull import Puller

MARKS = "hwm_id,latitude,longitude,height_above_gnd\n1,34.5,-77.9,3\n"


@dataclass(frozen=True)
class OneProduct:
    """A service with one product of marks."""

    url: str
    kind: str = "high_water_marks"
    secret: str = ""
    may_be_absent: bool = False
    name: str = "marks"

    def first(self):
        return (Wanted("marks.csv", self.url, self.kind, self.secret, self.may_be_absent),)

    def follow(self, wanted, content):
        return ()


@dataclass
class Clock:
    """Tells the time and sleeps in none."""

    at: datetime = datetime(2018, 10, 10, 12, tzinfo=UTC)
    slept_s: list[float] = field(default_factory=list)

    def __call__(self):
        return self.at

    def sleep(self, seconds):
        self.slept_s.append(seconds)

    def go(self, hours):
        self.at += timedelta(hours=hours)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def evidence(tmp_path):
    return Evidence(tmp_path / "weather")


@pytest.fixture
def puller(clock, evidence):
    options = FeedOptions(silence_s=0.3, tries=3, longest_pause_s=30, pause=clock.sleep)
    with FeedHttp(options) as door:
        yield Puller(door, evidence, clock)
