"""What the policy's terms say on paper about a loss: pass, refer or fail, with reasons.

The screen sorts work for people. A ``fail`` is advice to look at the policy first; nothing here
turns anybody away or closes anything.
"""

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import CoverageResult
from core.errors import InputError
from core.events import CatEvent
from core.schemas.book import COVERAGES, LOCATION_KEY
from core.tables import check_table, join_codes
from policies.coverage.clauses.register import CLEAR_RULES, list_rules
from policies.coverage.clauses.rule import Rule
from policies.coverage.facts import gather_facts
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules

_PASS, _REFER, _FAIL = CoverageResult.PASS, CoverageResult.REFER, CoverageResult.FAIL


def screen_coverage(
    locations: gpd.GeoDataFrame,
    event: CatEvent,
    loss: LossTimes,
    ruleset: CoverageRules,
    expected_loss: "pd.Series[float] | None" = None,
) -> pd.DataFrame:
    """One COVERAGES row a location: what its policy's terms say of a loss.

    Results: ``fail`` if the policy had expired before the loss, in the location's own time zone, or
    covers nothing that struck; ``refer`` where a person has to look; ``pass`` otherwise. Reasons
    keep one order, that of ``policies.coverage.clauses.register``.

    Args:
        locations: a LOCATIONS table.
        event: its primary peril has to be covered, unless the hazards say that another struck.
        loss: when each loss can have happened, on the locations' index; missing reads as the whole
            window of the event, and is referred.
        ruleset: the rules' settings.
        expected_loss: money, on the locations' index; missing = not known.

    Raises:
        InputError: the instants or losses are not on the locations' index.
    """
    screened = screen_terms(locations, event, loss, ruleset, expected_loss)
    coverages = locations[LOCATION_KEY].assign(**screened)
    checked: pd.DataFrame = check_table(pd.DataFrame(coverages), COVERAGES)
    return checked


def screen_terms(
    locations: gpd.GeoDataFrame,
    event: CatEvent,
    loss: LossTimes,
    ruleset: CoverageRules,
    expected_loss: "pd.Series[float] | None" = None,
) -> pd.DataFrame:
    """``screen_coverage`` without the key, for tables in which a home has several policies."""
    _check_index(locations, loss.first_utc, "loss instants")
    money = None
    if expected_loss is not None:
        _check_index(locations, expected_loss, "expected losses")
        money = expected_loss.to_numpy(dtype=np.float64)
    facts = gather_facts(locations, event, loss, ruleset, money)
    rules = list_rules(ruleset)
    spoken = [rule.speaks(facts) for rule in rules]
    reasons, cited = _join_spoken(rules, spoken, len(locations))
    return pd.DataFrame(
        {
            "coverage_result": _choose_result(rules, spoken, len(locations)),
            "coverage_reasons": reasons,
            "coverage_rules": cited,
            "coverage_ruleset": ruleset.version,
            "loss_date": facts.loss.day,
            "loss_noon_utc": facts.loss.noon_utc,
            "deductible_amount": facts.deductibles.amount,
        },
        index=locations.index,
    )


def _check_index(locations: gpd.GeoDataFrame, values: "pd.Series[object]", name: str) -> None:
    if not values.index.equals(locations.index):
        raise InputError(
            "screening coverage",
            f"{len(values)} {name} are not on the index of {len(locations)} locations",
            "Give one a location, in the same order and on the same index",
        )


def _choose_result(
    rules: Sequence[Rule], spoken: Sequence[NDArray[np.bool_]], count: int
) -> NDArray[np.object_]:
    """The worst result of the rules that spoke, ``(count,)``."""
    result = np.full(count, str(_PASS), dtype=object)
    for worse in (_REFER, _FAIL):
        for rule, speaks in zip(rules, spoken, strict=True):
            if rule.result == worse:
                result[speaks] = str(worse)
    return result


def _join_spoken(
    rules: Sequence[Rule], spoken: Sequence[NDArray[np.bool_]], count: int
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Codes of the rules that spoke, and the rules cited, in the rules' order, ``(count,)`` each.

    Locations with nothing but notes begin with ``in_force;peril_covered``. Few combinations occur,
    so each is spelled once.
    """
    bits = np.zeros(count, dtype=np.int64)
    for place, speaks in enumerate(spoken):
        bits |= speaks.astype(np.int64) << place
    distinct, rows = np.unique(bits, return_inverse=True)
    speakers = [_find_speakers(rules, int(value)) for value in distinct]

    def spell(name: Callable[[Rule], str]) -> NDArray[np.object_]:
        cells = [join_codes(dict.fromkeys(map(name, each))) for each in speakers]
        return np.array(cells, dtype=object)[rows]

    return spell(lambda rule: rule.code), spell(lambda rule: rule.cited)


def _find_speakers(rules: Sequence[Rule], bits: int) -> list[Rule]:
    speaking = [rule for place, rule in enumerate(rules) if bits >> place & 1]
    is_clear = all(rule.result == _PASS for rule in speaking)
    return [*(CLEAR_RULES if is_clear else ()), *speaking]
