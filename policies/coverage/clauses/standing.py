"""Rules on the policy itself: its status, and whether it is the one that answers."""

import numpy as np
from numpy.typing import NDArray

from core.damage import CoverageResult
from policies.coverage.clauses.rule import Rule, Speaks, rule
from policies.coverage.facts import Facts
from policies.coverage.rules import UNKNOWN_STATUS, CoverageRules, StatusRule

_STATUS = "PolStatus: OED 4, OtherValues.csv, and the carrier's words in coverage.statuses"
_REINSTATED = "reinstatement and grace are settled by the policy's notices, which no book holds"
_OWN = "ours: what is not known is never held against the insured"
_STATUS_MEANING = {
    "policy_cancelled": "cancelled, by its status",
    "policy_lapsed": "lapsed or expired, by its status",
    "policy_not_bound": "quoted or submitted (refer) or rejected (fail), by its status",
    "policy_reinstated": "reinstated: a person settles what held that day",
    "policy_in_grace": "in its grace period: a person settles what held that day",
}
_SETTLED_BY_NOTICES = ("policy_reinstated", "policy_in_grace")

_REFER = CoverageResult.REFER


def make_status_rules(ruleset: CoverageRules) -> tuple[Rule, ...]:
    """One rule a meaning that a status can have, and one for words that are not known."""
    meanings = [*dict.fromkeys(ruleset.statuses.values())]
    return (
        *(_make_status_rule(meaning) for meaning in meanings if meaning.reason),
        Rule(
            UNKNOWN_STATUS.reason, UNKNOWN_STATUS.result, 1, _OWN,
            "a status word that is not known here", _has_unknown_status,
        ),
    )  # fmt: skip


def _make_status_rule(meaning: StatusRule) -> Rule:
    source = _REINSTATED if meaning.reason in _SETTLED_BY_NOTICES else _STATUS
    words = _STATUS_MEANING.get(meaning.reason, "as coverage.statuses says of its status")
    return Rule(meaning.reason, meaning.result, 1, source, words, _speak_of(meaning))


def _speak_of(meaning: StatusRule) -> Speaks:
    def speaks(facts: Facts) -> NDArray[np.bool_]:
        words = [word for word, each in facts.ruleset.statuses.items() if each == meaning]
        return facts.status.isin(words).to_numpy()

    return speaks


def _has_unknown_status(facts: Facts) -> NDArray[np.bool_]:
    is_known = facts.status.isin(list(facts.ruleset.statuses))
    return (facts.status.notna() & ~is_known).to_numpy()


@rule(
    "several_policies", _REFER, 1, _OWN,
    "several policies or terms of the account answer alike, on unlike terms",
)  # fmt: skip
def has_several(facts: Facts) -> NDArray[np.bool_]:
    """The first of them is named."""
    return facts.has_choice("several_policies")


@rule(
    "policy_rows_refused", _REFER, 1, _OWN,
    "a row of the account file that could not be used may have been the policy",
)  # fmt: skip
def has_refused_rows(facts: Facts) -> NDArray[np.bool_]:
    """The book itself is in doubt."""
    return facts.has_choice("policy_rows_refused")


@rule(
    "excess_layer", _REFER, 1, "OED 4: LayerAttachment",
    "the account's lowest layer only pays above an attachment",
)  # fmt: skip
def pays_above_attachment(facts: Facts) -> NDArray[np.bool_]:
    """Somebody else insures the loss from its first dollar on."""
    attached: NDArray[np.bool_] = facts.amounts("layer_attachment_amount") > 0
    return attached


CHOICE_RULES = (has_several, has_refused_rows, pays_above_attachment)
