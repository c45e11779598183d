"""From decisions to incidents: the plan is pure, and one function writes it to the ledger."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

import pandas as pd

from claims.delivery.queueing import bind_letters
from claims.drafts.evidence import round_probability
from claims.drafts.plain import plain_value
from claims.incidents.finding_again import PART_KEY, find_incidents
from claims.incidents.key import IncidentKey
from claims.incidents.obeying import obey
from claims.incidents.renumbered import find_known, refer_renumbered
from claims.incidents.roles import CLAIMS_SYSTEM_ACTOR, SYSTEM_ACTOR
from claims.incidents.states import IncidentState, choose_next
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind, kind_of_move
from claims.ledger.letters import Letter
from claims.ledger.store import Ledger
from core.damage import Decision, Status
from core.errors import InputError, TransientError
from core.provenance import canonical_json
from core.schemas.book import LOCATION_KEY
from core.tables import DECISIONS, FINDINGS, check_table, split_codes

_LOG = logging.getLogger(__name__)

Drafter = Callable[[pd.DataFrame], Iterable[Letter]]
"""DECISIONS of an event to the letters that have to go out for them."""

_Move = tuple[EntryKind, IncidentState | None, IncidentState, dict[str, Any]]
"""Kind, state before, state after and payload of an entry to be."""

MAX_PLANS = 5
"""Plans made against a ledger that another run writes to, before the work is left to a retry."""

_TEXTS = (
    "tier",
    "status",
    "status_reason",
    "decision",
    "building_id",
    "pre_scene_id",
    "post_scene_id",
    "coverage_result",
    "hazard_basis",
    "model_sha256",
)
_CODES = ("decision_reasons", "coverage_reasons")
_INSTANTS = ("pre_captured_at_utc", "post_captured_at_utc")
_PROBABILITIES = (
    "p_no_damage",
    "p_minor",
    "p_major",
    "p_destroyed",
    "prior_damage",
    "p_damage",
    "p_severe",
)
_REVIEW = ("reviewed_grade", "reviewer", "reviewed_at_utc")
_REVIEWED, _REVIEWER = EntryKind.HUMAN_REVIEWED, "reviewer"
"""The entry of a review, and what stands before the reviewer's code as its actor."""
CLEARED_CODE = "reviewed_no_damage"
"""First reason of the decision about a home that people found undamaged."""
_REVIEWABLE = (IncidentState.SCREENED, IncidentState.OUTREACH, IncidentState.CLAIM_DRAFT)
_FILED = ("claim_number", "claim_notice_at_utc")
_MERGEABLE = (IncidentState.DETECTED, IncidentState.SCREENED, IncidentState.OUTREACH)
"""Where no draft went out and nobody looked: a claim that the insured filed settles it."""
_DEGREES = ("longitude", "latitude")
_DEGREE_DIGITS = 6
"""Digits of a degree: a tenth of a metre."""
_COLUMNS = (
    "event_id", *LOCATION_KEY, *_TEXTS, *_CODES, *_INSTANTS, *_PROBABILITIES, *_REVIEW,
    *_FILED, "geometry",
)  # fmt: skip

_INPUT = FINDINGS.select_columns(list(_COLUMNS))
"""The columns of FINDINGS that the ledger keeps: ids and figures, no names, no values insured."""


def _draft_nothing(_: pd.DataFrame) -> Iterable[Letter]:
    return ()


def plan_entries(
    assessed: pd.DataFrame, current: pd.DataFrame, as_of_utc: datetime
) -> tuple[Entry, ...]:
    """What has to be written so that the ledger says what this run saw. Pure.

    A location whose decision is not ``none`` gets an incident; one that has an incident keeps it.
    One that is known by policy and location alone is found again under the whole key, which a
    ``key_completed`` entry notes. Where tier or decision differ from the last assessment, a
    ``reassessed`` entry says so, or ``finding_withdrawn`` where a later picture shows that there is
    nothing to do, and the state moves on where the system may move it; nothing is
    ever closed. A home that is known under other numbers opens none, see ``find_known``.

    Args:
        assessed: FINDINGS of one event with decisions, without ``incident_id``.
        current: ``Ledger.current`` of the same event.
        as_of_utc: the run's instant, written as the time of record.

    Returns:
        Entries sorted by location key and step; none if the ledger says all of it already.

    Raises:
        InputError: the table lacks a column or holds a value outside its schema.
        LedgerError: ``as_of_utc`` has no time zone.
    """
    rows = _check_assessed(assessed)
    joined = find_incidents(rows, current)
    joined = joined.assign(is_reviewed=_find_reviewed(joined))
    is_renumbered = joined.index.isin(find_known(joined, current, as_of_utc).index)
    work = joined[_find_work(joined) & ~is_renumbered].sort_values(LOCATION_KEY)
    recorded = format_instant(as_of_utc)
    entries: list[Entry] = []
    for row in work.to_dict("records"):
        entries.extend(_plan_row({str(name): value for name, value in row.items()}, recorded))
    return tuple(entries)


def open_incidents(
    assessed: pd.DataFrame,
    ledger: Ledger,
    event_id: str,
    as_of_utc: datetime,
    draft: Drafter = _draft_nothing,
) -> pd.DataFrame:
    """Write what a run decided into the ledger, and say which incident each location has.

    Run again with the same input it writes nothing. Killed and run again with the same input and
    instant, it leaves the ledger as an undisturbed run would. A location that another run wrote to
    in the meantime is planned again, and only that one: what was written once is said, so that two
    runs that disagree both end, and the one that writes last stands.

    Args:
        assessed: FINDINGS of the event with decisions, without ``incident_id``.
        ledger: the open ledger.
        event_id: the event, also where ``assessed`` has no rows.
        as_of_utc: the run's instant.
        draft: gives the letters to queue for DECISIONS as they will be; each is written with the
            entry that makes its draft, so that none is made of which no document is there.

    Returns:
        DECISIONS, one row a row of ``assessed`` in its order. A location with decision ``none``
        has an incident id only if an earlier run opened one. A home that is known under other
        numbers has decision ``review``, the reason, and the id of the incident it may have. What
        people decided binds the decision, see ``claims.incidents.obeying``.

    Raises:
        InputError: the table is not that of the event, or breaks its schema.
        TransientError: other runs kept writing to the same incidents.
        LedgerError: the ledger refuses.
    """
    _check_event(assessed, event_id)
    stale: Collection[str] | None = None
    for _ in range(MAX_PLANS):
        current = ledger.current(event_id)
        planned = plan_entries(assessed, current, as_of_utc)
        letters = list(draft(_foresee(_join_incidents(assessed, current, as_of_utc), planned)))
        entries = bind_letters(planned, letters, current, format_instant(as_of_utc))
        pending = [entry for entry in entries if stale is None or entry.incident_id in stale]
        stale = set(ledger.append(pending, letters).stale)
        if not stale:
            return name_incidents(assessed, ledger, event_id, as_of_utc)
    raise TransientError(
        f"opening the incidents of event {event_id}",
        f"another run writes to them too; {MAX_PLANS} plans were outdated when written",
        "Try again when the other run has ended",
    )


def _foresee(decisions: pd.DataFrame, planned: Iterable[Entry]) -> pd.DataFrame:
    """DECISIONS with the incidents that the plan opens."""
    opened = {
        entry.key: entry.incident_id for entry in planned if entry.entry_kind is EntryKind.DETECTED
    }
    if not opened:
        return decisions
    (event_id,) = {key.event_id for key in opened}
    keys = decisions[LOCATION_KEY].itertuples(index=False, name=None)
    new = [opened.get(IncidentKey(event_id, *key)) for key in keys]
    named = decisions["incident_id"].fillna(pd.Series(new, index=decisions.index, dtype="str"))
    return decisions.assign(incident_id=named)


def name_incidents(
    assessed: pd.DataFrame, ledger: Ledger, event_id: str, as_of_utc: datetime
) -> pd.DataFrame:
    """What ``open_incidents`` gives, where nothing may be written: incidents that are there.

    Raises:
        InputError: the table is not that of the event, or breaks its schema.
    """
    _check_event(assessed, event_id)
    current = ledger.current(event_id)
    decisions = _join_incidents(assessed, current, as_of_utc)
    _log_unseen(set(decisions["incident_id"]), current)
    return decisions


def _check_assessed(assessed: pd.DataFrame) -> pd.DataFrame:
    known = [column for column in _COLUMNS if column in assessed.columns]
    checked = check_table(assessed[known], _INPUT)
    degrees = (checked.geometry.x, checked.geometry.y)
    table = pd.DataFrame(checked.drop(columns="geometry"))
    return table.assign(**dict(zip(_DEGREES, degrees, strict=True)))


def _check_event(assessed: pd.DataFrame, event_id: str) -> None:
    others = sorted(set(assessed["event_id"].unique()) - {event_id})
    if others:
        raise InputError(
            f"opening the incidents of event {event_id}",
            f"rows of event {others[0]!r} are among them",
            "Open the incidents of one event at a time",
        )


def _find_work(joined: pd.DataFrame) -> "pd.Series[bool]":
    """Rows about which the ledger has something to learn."""
    is_known = joined["state"].notna()
    is_changed = (joined["tier"] != joined["tier_before"]) | (
        joined["decision"] != joined["decision_before"]
    )
    moves = joined.drop_duplicates(["state", "decision"])[["state", "decision"]]
    has_next = [
        bool(choose_next(_read_state(state), Decision(decision)))
        for state, decision in moves.itertuples(index=False)
    ]
    moving = joined[["state", "decision"]].merge(
        moves.assign(has_next=has_next), on=["state", "decision"], how="left"
    )["has_next"]
    is_filed = joined["claim_number"].notna() & joined["state"].isin(
        [pd.NA, *(state for state in _MERGEABLE if state is not None)]
    )
    is_moving = (
        joined["is_reviewed"]
        | is_filed
        | (moving.to_numpy(dtype=bool) & joined["decided_by"].isna())
    )
    return joined["is_in_part"] | (is_known & is_changed) | is_moving


def _find_reviewed(joined: pd.DataFrame) -> "pd.Series[bool]":
    """Incidents to note a review of; an older one does not undo what a person decided since."""
    is_cleared = joined["decision_reasons"].map(_is_cleared).astype(bool)
    is_overruled = joined["decided_at_utc"] >= joined["reviewed_at_utc"]
    return is_cleared & joined["state"].isin(_REVIEWABLE) & ~is_overruled


def _read_state(state: Any) -> IncidentState | None:
    return None if pd.isna(state) else IncidentState(state)


def _plan_row(row: Mapping[str, Any], recorded_at_utc: str) -> Iterator[Entry]:
    """The entries of one location, in order."""
    state = _read_state(row["state"])
    key = IncidentKey(row["event_id"], *(row[name] for name in LOCATION_KEY))
    incident = key.incident_id if state is None else row["incident_id"]
    moves = [*_plan_notes(row, state), *_plan_moves(row, state)]
    steps = count(1 if state is None else int(row["steps"]) + 1)
    for step, (kind, source, target, payload) in zip(steps, moves, strict=False):
        note = (
            kind,
            source,
            target,
            _name_actor(row, kind),
            canonical_json(payload),
            recorded_at_utc,
        )
        yield Entry(incident, key, step, *note)


def _name_actor(row: Mapping[str, Any], kind: EntryKind) -> str:
    """Whose doing it is: a run's but for reviews and for what the claims system tells."""
    if kind is _REVIEWED:
        return f"{_REVIEWER}:{row['reviewer']}"
    return CLAIMS_SYSTEM_ACTOR if kind is EntryKind.MERGED else SYSTEM_ACTOR


def _plan_notes(row: Mapping[str, Any], state: IncidentState | None) -> Iterator[_Move]:
    """What is noted of an incident that stays where it is."""
    if state is None:
        return
    if row["is_in_part"]:
        yield EntryKind.KEY_COMPLETED, state, state, {"known_by": PART_KEY}
    if row["tier"] != row["tier_before"] or row["decision"] != row["decision_before"]:
        yield _name_reassessment(row), state, state, _describe_assessment(row)


def _name_reassessment(row: Mapping[str, Any]) -> EntryKind:
    """Whether a later picture takes the finding back, or the run only sees it otherwise."""
    is_other_picture = not pd.isna(row["post_scene_id"]) and (
        row["post_scene_id"] != row["scene_before"]
    )
    asks_nothing = row["decision"] == Decision.NONE.value != row["decision_before"]
    is_seen = row["status"] == Status.GRADED.value
    is_withdrawn = is_other_picture and asks_nothing and is_seen and pd.isna(row["claim_number"])
    return EntryKind.FINDING_WITHDRAWN if is_withdrawn else EntryKind.REASSESSED


def _plan_moves(row: Mapping[str, Any], state: IncidentState | None) -> Iterator[_Move]:
    """The states that the system takes the incident through for the decision.

    Of a home that people found undamaged the review is written, in their name. What a person
    decided about, only a person moves again.
    """
    decision = Decision(row["decision"])
    if row["is_reviewed"]:
        yield _REVIEWED, state, IncidentState.HUMAN_REVIEWED, _describe_review(row)
        return
    if not pd.isna(row["decided_by"]):
        return
    if not pd.isna(row["claim_number"]) and state in {None, *_MERGEABLE}:
        yield from _plan_filed(row, state)
        return
    for target in choose_next(state, decision):
        kind = kind_of_move(state, target)
        is_birth = kind is EntryKind.DETECTED
        payload = _describe_assessment(row) if is_birth else {"decision": decision.value}
        yield kind, state, target, payload
        state = target


def _plan_filed(row: Mapping[str, Any], state: IncidentState | None) -> Iterator[_Move]:
    """To the claim that the insured filed, of which the incident is the same loss."""
    for target in choose_next(state, Decision.REVIEW):
        payload = _describe_assessment(row) if state is None else {"decision": row["decision"]}
        yield kind_of_move(state, target), state, target, payload
        state = target
    notice = plain_value(row["claim_notice_at_utc"])
    said = {
        "role": CLAIMS_SYSTEM_ACTOR,
        "claim_number": row["claim_number"],
        "notice_received_at_utc": notice,
    }
    yield EntryKind.MERGED, state, IncidentState.MERGED, said


def _is_cleared(decision_reasons: str) -> bool:
    return split_codes(decision_reasons)[:1] == [CLEARED_CODE]


def _describe_review(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain_value(row[name]) for name in _REVIEW}


def _describe_assessment(row: Mapping[str, Any]) -> dict[str, Any]:
    """The assessment as plain JSON values; what is missing is null."""
    return (
        {name: plain_value(row[name]) for name in (*_TEXTS, *_INSTANTS)}
        | {name: split_codes(row[name]) for name in _CODES}
        | {name: round_probability(row[name]) for name in _PROBABILITIES}
        | {name: round(float(row[name]), _DEGREE_DIGITS) for name in _DEGREES}
    )


def _join_incidents(
    assessed: pd.DataFrame, current: pd.DataFrame, as_of_utc: datetime
) -> pd.DataFrame:
    found = find_incidents(_check_assessed(assessed), current)
    hits = find_known(found, current, as_of_utc)
    joined = found[[*LOCATION_KEY, "incident_id"]].join(obey(found))
    referred = refer_renumbered(joined, hits, current)
    table: pd.DataFrame = check_table(referred, DECISIONS)
    return table


def _log_unseen(seen: Collection[str], current: pd.DataFrame) -> None:
    """Say how many incidents lie outside this run's hazard footprint; they stay as they are."""
    unseen = ~current["incident_id"].isin(seen)
    if unseen.any():
        _LOG.warning("%d incidents have no row in this run and stay as they are", unseen.sum())
