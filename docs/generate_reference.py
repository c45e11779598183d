"""Writes the documents that are made from the code, or checks that they are up to date.

Run from the repository's root: ``python docs/generate_reference.py [--check]``.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandera.pandas as pa

from claims.incidents.roles import Role
from claims.incidents.states import TRANSITIONS, name_roles
from claims.ledger.kinds import NOTE_ROLES
from claims.triage.decide import describe_rules
from claims.triage.options import TriageOptions
from core.damage import GRADED
from core.tables import EVIDENCE, TABLES
from flows.wiring.settings import Settings
from flows.wiring.wording.settings_text import document_fields, write_commented
from policies.coverage.clauses.register import CLEAR_RULES, list_rules
from policies.coverage.rules import CoverageRules
from policies.matching.geocode import GEOCODE_RULES
from reports.lists.columns import LIST_COLUMNS

DOCS = Path(__file__).parent
CARDS = DOCS.parent / "detectors" / "network" / "shipped"
GENERATED = "<!-- Written by docs/generate_reference.py. Change the code it is made from. -->"

CONFUSION = "confusion"
"""Figure of a card that is a table of counts, not a number."""

KIND_WORDS = {
    "string": "text",
    "float64": "number",
    "int64": "whole number",
    "bool": "true or false",
    "datetime64[ns]": "date",
    "datetime64[us]": "date",
    "datetime64[us, UTC]": "instant",
    "geometry": "geometry",
    "object": "bytes",
}
"""pandera's name of a column's type -> plain words; what follows ``[pyarrow]`` is storage."""

PLACES = {
    "footprints": "`footprints.parquet` of an event folder; the insured ones in `work/buildings`",
    "locations": "made by `policies`; `work/locations`",
    "contacts": "made by `policies`; `work/contacts`",
    "matches": "made by `policies`; `work/matches`",
    "hazards": "made by `weather`; `work/hazards`",
    "hazard_rows": "made by `weather`; `work/hazard_rows`",
    "hazard_areas": "made by `weather`; `work/hazard_areas`, layer of `event.gpkg`",
    "scenes": "made from what `imagery` found; `work/scenes`, layer of `event.gpkg`",
    "pairs": "made by `imagery`; `work/pairs`",
    "grades": "made of what `imagery` cut and `detectors` judged; `work/grades`",
    "pictures": "made by `imagery`; `work/pictures`, inside `map.html`",
    "coverages": "made by `policies`; inside `findings.parquet`",
    "decisions": "made by `claims`; inside `findings.parquet`",
    "findings": "`findings.parquet` of a run; `work/findings` before incidents are named",
    "truth": "`truth.parquet` of an event folder; read by `backtest` and `train`, never by a run",
    "scores": "made by `detectors`; `scores.parquet` of an evaluation",
    "rejects": "made by `policies`; `work/rejects`, a sheet of `daily_list.xlsx`",
}
"""Where each table is met; ``work/`` is the folder of that name in a run's folder."""

COLUMN_HEADS = ("column", "type", "unit", "missing", "allowed", "meaning")
EVIDENCE_INTRO = """\
What `firstnotice weather read KIND FILE --out OUT.parquet` writes, a table a kind. SI units,
whatever the product uses.
"""
DAILY_LIST_INTRO = """\
Columns of `daily_list.csv` and `daily_list.xlsx`, from `reports/lists/columns.py`. Holds names and
contacts: for claims people only. One row a location, worst first.
"""
INCIDENT_INTRO = """\
From `claims/incidents/states.py`. Any other move is refused, and so is one in another role than
the table names. `system` is a run, `claims_system` is the claims system that tells what its people
did; the other roles are people's, given out under `users.roles` in the settings. What a person has
reviewed or closed only a person moves again, or the claims system for a claim of its own. In the
drawing thick arrows are those that a run may take.
"""
NOTES_INTRO = """\
Entries that leave an incident where it is, from `claims/ledger/kinds.py`:
"""
COVERAGE_INPUTS = """\
## What only the carrier knows

OED has no field for these. A location file may give them under OED's own prefix for a carrier's
extras:

| column | meaning |
| --- | --- |
| `FlexiLocVacantSince` | first day vacant |
| `FlexiLocOccupiedFrac` | share of the floor in use, 0 to 1 |
| `FlexiLocHurricaneDed` | hurricane deductible, an amount or a share of the insured value |
| `FlexiLocHurricaneDedType` | 0 amount, 2 share of BuildingTIV, as OED's DedType |
| `FlexiLocHurricaneDedTrigger` | `hurricane` (if blank) or `named_storm` |
| `FlexiLocHurricaneDedUsed` | what of it was borne in a calendar year |
| `FlexiLocHurricaneDedYear` | that year |

The event file's `storm_class` (`hurricane` or `named_storm`) says what the storm was declared to
be; without it a hurricane deductible counts as not known.
"""
GEOCODE_INTRO = """\
From `policies/matching/geocode.py`: OED AddressMatch, how far outside a building the point
may lie, and whether the match may go on without a person's look.
"""


def render_data_dictionary() -> str:
    """``docs/data-dictionary.md``: every table that crosses a room, then the daily list."""
    intro = """\
        # Data dictionary

        Tables that cross from one room to another, in the order of a run, from `core/tables.py`.
        Each is checked against its schema where it is made. Keys are text. Instants are UTC.
        Absent text is missing, never empty. Several codes in one cell are joined by `;`.
        Geometry is EPSG:4326, longitude before latitude.
    """
    parts = [_heading(intro)]
    for schema in TABLES:
        rows = [_describe_column(name, column) for name, column in schema.columns.items()]
        key = ", ".join(f"`{name}`" for name in (schema.metadata or {})["key"])
        parts += [
            f"## {schema.name}\n",
            f"{schema.description} Key: {key}. Where: {PLACES[schema.name]}.\n",
            _table(COLUMN_HEADS, rows),
        ]
    parts += ["## Hazard evidence\n", EVIDENCE_INTRO]
    for schema in EVIDENCE:
        rows = [_describe_column(name, column) for name, column in schema.columns.items()]
        parts += [f"### {schema.name}\n", f"{schema.description}\n", _table(COLUMN_HEADS, rows)]
    listed = ((f"`{c.name}`", str(c.kind), c.unit, c.meaning) for c in LIST_COLUMNS)
    parts += [
        "## The daily list\n",
        DAILY_LIST_INTRO,
        _table(("column", "type", "unit", "meaning"), listed),
    ]
    return "\n".join(parts)


def render_decision_table() -> str:
    """``docs/decision-table.md``: triage, the life of an incident, geocode classes."""
    intro = """\
        # How a finding becomes a decision

        From `claims/triage/rules.py`. The first rule that holds decides; its code comes first in
        `decision_reasons`, and the further rules with the same decision that hold too follow.
        Nothing here denies or closes a claim.
    """
    rules = describe_rules()
    options = (
        (f"`triage.{name}`", str(getattr(TriageOptions(), name)), meaning)
        for name, meaning in document_fields(TriageOptions)
    )
    moves = (
        (move.source or "(born)", str(move.target), name_roles(move.roles), move.meaning)
        for move in TRANSITIONS
    )
    notes = ((f"`{kind}`", name_roles(roles)) for kind, roles in NOTE_ROLES.items())
    classes = (
        (
            str(rule.geocode_class),
            rule.name,
            "never matched" if rule.is_too_coarse else f"{rule.match_radius_m:g} m",
            "yes" if rule.is_automatic else "no",
            rule.why,
        )
        for rule in GEOCODE_RULES
    )
    return "\n".join(
        [
            _heading(intro),
            _table(("", "code", "when", "decision", "why"), rules.itertuples(index=False)),
            "## Where the lines are drawn\n",
            _table(("setting", "default", "meaning"), options),
            "## What an incident can become\n",
            INCIDENT_INTRO,
            _draw_moves(),
            _table(("from", "to", "role", "meaning"), moves),
            NOTES_INTRO,
            _table(("entry", "role"), notes),
            "## What a geocode class allows\n",
            GEOCODE_INTRO,
            _table(("class", "marks", "match radius", "automatic", "why"), classes),
        ]
    )


def _draw_moves() -> str:
    """The table of moves as a Mermaid drawing."""
    lines = [
        f"    {move.source or 'born'} {'==>' if Role.SYSTEM in move.roles else '-->'} {move.target}"
        for move in TRANSITIONS
    ]
    return "\n".join(["```mermaid", "flowchart LR", "    born((born))", *lines, "```", ""])


def render_coverage() -> str:
    """``docs/coverage.md``: every rule of the coverage screen."""
    intro = """\
        # What the coverage screen asks

        From `policies/coverage/clauses/`, in the order in which reasons are given. A rule is a
        small pure function; where it speaks, its code stands in `coverage_reasons` and its id and
        version in `coverage_rules` and in the evidence of a draft. The worst result of the rules
        that spoke is the row's: `pass` is only a note, `refer` sends the row to a person, and
        `fail` is advice to look at the policy first, never a denial. A rule's version is raised
        with any change of what it says.
    """
    ruleset = CoverageRules()
    rules = (
        (f"`{rule.rule_id}`", f"`{rule.code}`", str(rule.version), rule.meaning, rule.source)
        for rule in (*CLEAR_RULES, *list_rules(ruleset))
    )
    options = (
        (f"`coverage.{name}`", str(getattr(ruleset, name)), meaning)
        for name, meaning in document_fields(CoverageRules)
        if name != "statuses"
    )
    statuses = (
        (f"`{word}`", str(meaning.result), f"`{meaning.reason}`" if meaning.reason else "")
        for word, meaning in ruleset.statuses.items()
    )
    return "\n".join(
        [
            _heading(intro),
            _table(("id", "code", "version", "what it says", "source"), rules),
            "## Settings of the rules\n",
            _table(("setting", "default", "meaning"), options),
            "## What a status means\n",
            "Setting `coverage.statuses`: PolStatus in lower case, any other word refers.\n",
            _table(("status", "result", "code"), statuses),
            COVERAGE_INPUTS,
        ]
    )


def render_settings() -> str:
    """``docs/settings.md``: every setting with its default."""
    intro = """\
        # Settings

        What `firstnotice settings` prints where nothing is set. Save it, change values, and hand
        it over with `--settings FILE`; a value left out keeps its default, an unknown one is an
        error. A variable named `FIRSTNOTICE_`, section, `__` and field, as in
        `FIRSTNOTICE_LEDGER__STORE`, wins over the file.
    """
    defaults = Settings.model_construct()  # not read: this machine's environment stays out
    return f"{_heading(intro)}\n```yaml\n{write_commented(defaults).rstrip()}\n```\n"


def render_model() -> str:
    """``docs/model.md``: what is known of the shipped weights, from their card."""
    intro = """\
        # The shipped model

        From the cards beside the weights in `detectors/network/shipped/`: those that are used, the
        networks of parts of the areas that measured them, and those that they began with. Figures
        are those of `firstnotice train`, of areas that the network which judged them never saw,
        whole blocks of scenes, of the image alone: before the hazard is weighed in.
    """
    cards = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CARDS.glob("*.json"))]
    return "\n".join([_heading(intro), *(part for card in cards for part in _describe_card(card))])


DOCUMENTS: dict[str, Callable[[], str]] = {
    "data-dictionary.md": render_data_dictionary,
    "decision-table.md": render_decision_table,
    "coverage.md": render_coverage,
    "settings.md": render_settings,
    "model.md": render_model,
}


def find_stale(folder: Path) -> list[str]:
    """Names of generated documents in a folder that are not as the code would write them."""
    return [
        name
        for name, render in DOCUMENTS.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != render()
    ]


def write_documents(folder: Path) -> None:
    """Write all generated documents into a folder."""
    for name, render in DOCUMENTS.items():
        (folder / name).write_text(render(), encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Write the documents, or with ``--check`` only say which are stale (exit status 1)."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python docs/generate_reference.py [--check]\n")
        return 2
    if not arguments:
        write_documents(DOCS)
        return 0
    stale = find_stale(DOCS)
    for name in stale:
        sys.stderr.write(f"docs/{name} is not as the code says: run `make docs`\n")
    return 1 if stale else 0


def _heading(text: str) -> str:
    title, rest = dedent(text).split("\n", 1)
    return f"{title}\n\n{GENERATED}\n{rest}"


def _describe_column(name: str, column: pa.Column) -> tuple[str, ...]:
    kind = KIND_WORDS[str(column.dtype).removesuffix("[pyarrow]")]
    allowed = "; ".join(_describe_check(check) for check in column.checks)
    missing = "may be" if column.nullable else "never"
    unit = (column.metadata or {})["unit"]
    return (f"`{name}`", kind, unit, missing, allowed, column.description or "")


def _describe_check(check: pa.Check) -> str:
    limits: dict[str, Any] = check.statistics or {}
    if "allowed_values" in limits:
        return ", ".join(f"`{value}`" for value in limits["allowed_values"])
    if "max_value" in limits:
        return f"{limits['min_value']} to {limits['max_value']}"
    return f"at least {limits['min_value']}"


def _describe_card(card: dict[str, Any]) -> list[str]:
    facts = (
        ("licence", card["licence"]),
        ("network", card["architecture"]),
        ("trained on", "; ".join(card["training_data"])),
        ("scenes held back", str(len(card["held_out_scenes"]) or "none; see its parts")),
        ("sha256", f"`{card['sha256']}`"),
    )
    parts = [f"## {card['name']}\n", _table(("", ""), facts)]
    if "calibration" in card:
        told = {"general": card["calibration"]} | card.get("by_kind", {})
        parts.append(_describe_calibrations(told))
    if not card["metrics"]:
        return [*parts, "The card holds no figures.\n"]
    figures = dict.fromkeys(name for event in card["metrics"].values() for name in event)
    wide = [name for name in figures if name != CONFUSION]
    rows = (
        (name.replace("_", " "), *(_figure(event.get(name)) for event in card["metrics"].values()))
        for name in wide
    )
    parts.append(_table(("figure", *card["metrics"]), rows))
    for event, values in card["metrics"].items():
        if CONFUSION in values:
            words = [grade.name.lower().replace("_", " ") for grade in GRADED]
            lines = zip(words, values[CONFUSION], strict=True)
            parts += [
                f"Truth (rows) against the likeliest grade (columns), {event}:\n",
                _table((event, *words), ((word, *counts) for word, counts in lines)),
            ]
    return parts


def _describe_calibrations(told: dict[str, Any]) -> str:
    """What logits are divided by and moved by, of events of each kind."""
    rows = (
        (
            kind, _figure(each["temperature"]), ", ".join(map(_figure, each["bias"])),
            _figure(each.get("base_rate")),
        )
        for kind, each in told.items()
    )  # fmt: skip
    return _table(("calibration", "temperature", "biases", "share damaged"), rows)


def _figure(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return " to ".join(_figure(part) for part in value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _table(header: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    cells = (" | ".join(str(cell).replace("|", r"\|") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in cells)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
