"""From assessed location to next step: the decision table of ``claims.triage.rules``, applied."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claims.triage.conditions import CONDITIONS
from claims.triage.options import TriageOptions
from claims.triage.rules import FALLBACK, REVIEWED_PREFIX, RULES, Rule
from core.expected_loss import compare_deductible, compute_expected_loss
from core.schemas.book import LOCATION_KEY
from core.tables import CODE_SEPARATOR, FINDINGS, check_table, join_codes

_INPUT = FINDINGS.select_columns(
    [
        *LOCATION_KEY,
        "status",
        "status_reason",
        "p_major",
        "p_destroyed",
        "novelty_frac",
        "prior_damage",
        "p_damage",
        "p_severe",
        "tier",
        "coverage_result",
        "building_tiv",
        "deductible_amount",
        "geocode_class",
        "match_reason",
        "match_method",
        "match_distance_m",
        "reviewed_grade",
        "leading_hazard",
        "wind_or_water",
    ]
)
"""The columns of FINDINGS that a decision rests on."""

_NEGATION = "!"


def decide(assessed: pd.DataFrame, options: TriageOptions) -> pd.DataFrame:
    """What to do next about each location. Pure, and the same for any order of rows.

    Args:
        assessed: FINDINGS without ``decision``, ``decision_reasons`` and ``incident_id``; further
            columns are ignored.
        options: where the lines are drawn.

    Returns:
        One row a row of ``assessed``, in its order: the location key, ``decision`` and
        ``decision_reasons``: first the code of the rule that decided, then of the further rules
        with the same decision that hold too, so that nobody clears one reason to meet the next.

    Raises:
        InputError: the table lacks a column or holds a value outside its schema.
    """
    known = [column for column in _INPUT.columns if column in assessed.columns]
    rows = check_table(assessed[known], _INPUT)
    side = compare_deductible(compute_expected_loss(rows), rows["deductible_amount"])
    holds = _compute_holds(rows.assign(over_deductible=side), options)
    decided = np.where(holds.any(axis=0), holds.argmax(axis=0), len(RULES))
    table = (*RULES, FALLBACK)
    decisions = np.array([rule.decision.value for rule in table], dtype=object)
    keys: pd.DataFrame = rows[LOCATION_KEY]
    return keys.assign(
        decision=pd.Series(decisions[decided], index=rows.index, dtype=str),
        decision_reasons=_name_reviews(
            pd.Series(_join_reasons(holds, decided), index=rows.index, dtype=str),
            rows["reviewed_grade"],
        ),
    )


def describe_rules() -> pd.DataFrame:
    """The decision table for people: ``order, code, when, decision, meaning``, one row a rule."""
    return pd.DataFrame(
        {
            "order": number,
            "code": rule.code,
            "when": " and ".join(_say(name) for name in rule.when) or "no rule above holds",
            "decision": rule.decision.value,
            "meaning": rule.meaning,
        }
        for number, rule in enumerate((*RULES, FALLBACK), start=1)
    )


def _say(name: str) -> str:
    meaning = CONDITIONS[name.removeprefix(_NEGATION)].meaning
    return f"not ({meaning})" if name.startswith(_NEGATION) else meaning


def _compute_holds(rows: pd.DataFrame, options: TriageOptions) -> NDArray[np.bool_]:
    """Which rules hold: bool ``(rules, rows)``."""
    facts = {
        name: condition.holds(rows, options).to_numpy(dtype=bool)
        for name, condition in CONDITIONS.items()
    }
    return np.stack([_rule_holds(rule, facts) for rule in RULES])


def _rule_holds(rule: Rule, facts: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    wanted = [
        ~facts[name.removeprefix(_NEGATION)] if name.startswith(_NEGATION) else facts[name]
        for name in rule.when
    ]
    holds: NDArray[np.bool_] = np.logical_and.reduce(wanted)
    return holds


def _join_reasons(holds: NDArray[np.bool_], decided: NDArray[np.intp]) -> NDArray[np.object_]:
    """The reason codes of each row; few combinations occur, so each is spelled out once."""
    same_decision = np.array(
        [[first.decision == other.decision for other in RULES] for first in (*RULES, FALLBACK)]
    )
    given = holds & same_decision[decided].T
    weights = 1 << np.arange(len(RULES), dtype=np.int64)
    patterns, positions = np.unique(weights @ given, return_inverse=True)
    spelled = [_spell(int(pattern)) for pattern in patterns]
    return np.array(spelled, dtype=object)[positions]


def _name_reviews(reasons: "pd.Series[str]", grades: "pd.Series[str]") -> "pd.Series[str]":
    """The reasons, and for each home that people reviewed which grade of theirs decided."""
    said = REVIEWED_PREFIX + grades.str.replace("-", "_", regex=False)
    is_new = grades.notna() & ~reasons.str.startswith(REVIEWED_PREFIX)
    named: pd.Series[str] = reasons.mask(is_new, reasons + CODE_SEPARATOR + said)
    return named


def _spell(pattern: int) -> str:
    codes = [rule.code for place, rule in enumerate(RULES) if pattern >> place & 1]
    return join_codes(codes or [FALLBACK.code])
