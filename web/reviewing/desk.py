"""The queue as one reviewer meets it: handed out, judged, taken back."""

import statistics
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.damage import Tier
from web.people.users import Person
from web.reviewing.judgement import (
    Judgement,
    by_building,
    count_wanted,
    find_agreement,
    is_settled,
    keep_standing,
)
from web.reviewing.queue import Lane, build_deck, choose_next, count_sample
from web.reviewing.recording import record_judgement
from web.runs.evidence import CHANCES
from web.runs.listing import Run

if TYPE_CHECKING:
    from web.workbench import Workbench

HELD_FOR = timedelta(minutes=10)
"""A home before one reviewer is not given to another so long."""
_MOST_S = HELD_FOR.total_seconds()


class NothingHandedOutError(Exception):
    """The home is not before this reviewer."""


class NothingToUndoError(Exception):
    """No answer of this reviewer can be taken back."""


class Desk:
    """One reviewer at the queue of one event."""

    def __init__(self, bench: "Workbench", run: Run, person: Person) -> None:
        self.bench, self.run, self.person = bench, run, person
        self._options = bench.options.review
        self._journal = bench.journal(run)
        self._homes = bench.homes(run)
        self._deck = bench.deck(run, lambda: build_deck(run.event_id, self._homes.table))

    def hand_out(self) -> str | None:
        """The home before this reviewer, or the next one; None where nothing is left."""
        now = self.bench.options.now()
        with self.bench.handing_out:
            held = self.bench.held_homes(self.run, now - HELD_FOR)
            mine = held.find(self.person.name)
            if mine is not None:
                return mine
            answers = by_building(keep_standing(self._journal.read()))
            chosen = choose_next(
                self._deck, answers, self.person.name, self._options, held.others(self.person.name)
            )
            if chosen is None:
                return None
            held.give(chosen[0], self.person.name, chosen[1], now)
            return chosen[0]

    def is_before(self, building: str) -> bool:
        """Whether a home is before this reviewer."""
        held = self.bench.held_homes(self.run, self.bench.options.now() - HELD_FOR)
        return held.find(self.person.name) == building

    def judge(self, building: str, tier: Tier) -> dict[str, Any]:
        """Note an answer in journal, ledger, reviews and labels; tell what was hidden.

        Raises:
            NothingHandedOutError: the home is not before this reviewer.
        """
        now = self.bench.options.now()
        held = self.bench.held_homes(self.run, now - HELD_FOR)
        slip = held.take(building, self.person.name)
        if slip is None:
            raise NothingHandedOutError
        seconds = min(max((now - slip.at_utc).total_seconds(), 0.0), _MOST_S)
        home = self._find_home(building)
        judgement = self._journal.add(
            lambda lines: Judgement(
                len(lines) + 1, _format(now), building, self.person.name, str(self.person.role),
                str(tier), round(seconds, 1), slip.lane, self.run.run_id, str(home["tier"]),
            )
        )  # fmt: skip
        self._follow(judgement, now)
        return self._tell(building, home) | self.tell_figures()

    def undo(self) -> str:
        """Take this reviewer's last answer back; gives its home, which is before them again.

        Raises:
            NothingToUndoError: there is none, or it is too old.
        """
        now = self.bench.options.now()

        def plan(lines: tuple[Judgement, ...]) -> Judgement:
            mine = [each for each in keep_standing(lines) if each.reviewer == self.person.name]
            if not mine or now - _read(mine[-1].at_utc) > timedelta(seconds=self._options.undo_s):
                raise NothingToUndoError
            last = mine[-1]
            return Judgement(
                len(lines) + 1, _format(now), last.building_id, last.reviewer, last.role,
                last.tier, 0.0, last.lane, last.run_id, last.model_tier, last.number,
            )  # fmt: skip

        undone = self._journal.add(plan)
        held = self.bench.held_homes(self.run, now - HELD_FOR)
        held.drop(self.person.name)
        held.give(undone.building_id, self.person.name, Lane(undone.lane), now)
        self._follow(undone, now)
        return undone.building_id

    def tell_figures(self) -> dict[str, Any]:
        """How far the queue is: nothing of the home before the reviewer."""
        standing = keep_standing(self._journal.read())
        answers = by_building(standing)
        pairs, agreed = find_agreement(standing)
        is_double = self._options.second_reader
        settled = sum(is_settled(given, second_reader=is_double) for given in answers.values())
        mine = [each for each in standing if each.reviewer == self.person.name]
        return {
            "homes": len(self._deck.worst),
            "judged": len(answers),
            "settled": settled,
            "waiting": len(answers) - settled,
            "mine": len(mine),
            "pairs": pairs,
            "agreed": agreed,
            "medianSeconds": statistics.median(e.seconds for e in standing) if standing else None,
            "sample": count_sample(self._deck, answers),
        }

    def _follow(self, judgement: Judgement, now: datetime) -> None:
        """What a line of the journal leads to: files, and notes in the ledger."""
        self._journal.publish(self._deck, self._options)
        table = self._homes.table
        is_it = (table["building_id"] == judgement.building_id).to_numpy(bool)
        incidents = table.loc[is_it, "incident_id"].dropna().astype(str).tolist()
        ledger = self.bench.options.open_ledger() if incidents else None
        if ledger is not None:
            record_judgement(ledger, incidents, judgement, now)

    def _find_home(self, building: str) -> "pd.Series[Any]":
        table = self._homes.table
        return table[(table["building_id"] == building).to_numpy(bool)].iloc[0]

    def _tell(self, building: str, home: "pd.Series[Any]") -> dict[str, Any]:
        finding = self.bench.finding(self.run, int(home.name))
        answers = by_building(keep_standing(self._journal.read())).get(building, [])
        wanted = count_wanted(answers, second_reader=self._options.second_reader)
        return {
            "building": building,
            "row": int(home.name),
            "model": str(home["tier"]),
            "chances": [
                {"of": words, "value": round(float(finding[name]), 3)}
                for name, words in CHANCES.items() if pd.notna(finding[name])
            ],
            "evidence": None if pd.isna(finding["evidence"]) else str(finding["evidence"]),
            "readers": len(answers),
            "wanted": wanted,
            "others": [each.tier for each in answers if each.reviewer != self.person.name],
        }  # fmt: skip


def _format(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
