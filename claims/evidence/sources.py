"""What an evidence pack is made of. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from claims.clocks.deadlines import Clocks
from claims.ledger.entry import Entry

Row = Mapping[Any, Any]


class Audience(StrEnum):
    """For whom a pack is."""

    CLAIMS = "claims"
    INSURED = "insured"
    """What of it may be shown to the insured: what was seen of their home, and nothing of others,
    of cover, of scores that other homes went into, or of what people wrote."""


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What a rule of the coverage screen says, and where it is from."""

    meaning: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSources:
    """One home's evidence as its run and the ledger have it.

    Attributes:
        finding: row of FINDINGS; geometry is a shapely point in EPSG:4326.
        location: row of LOCATIONS.
        contact: row of CONTACTS; empty where there is none.
        hazard_rows: rows of HAZARD_ROWS.
        scenes: rows of SCENES by id, those of the pair.
        building: row of FOOTPRINTS; empty where none is known.
        pictures: JPEG bytes by role: ``before``, ``after``, ``tinted``.
        event: ``event_id, name, perils`` and what else the run's record says of it.
        run: the run's record, run.json.
        card: what is known of the weights; empty where their card is gone.
        history: the incident's entries.
        clocks: of the law.
        rules: of the coverage screen, by id and version as FINDINGS cite them.
    """

    finding: Row
    location: Row
    contact: Row
    hazard_rows: Sequence[Row]
    scenes: Mapping[str, Row]
    building: Row
    pictures: Mapping[str, bytes] = field(repr=False)
    event: Row
    run: Row
    card: Row
    history: Sequence[Entry]
    clocks: Clocks
    rules: Mapping[str, RuleWords] = field(default_factory=dict)
