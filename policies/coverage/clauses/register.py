"""All rules of the screen, in the order in which their reasons are given."""

from core.damage import CoverageResult
from policies.coverage.clauses.deductibles import DEDUCTIBLE_RULES
from policies.coverage.clauses.perils import OED, PERIL_RULES
from policies.coverage.clauses.period import CLOCK_RULES, IN_FORCE, PERIOD_RULES
from policies.coverage.clauses.place import PLACE_RULES
from policies.coverage.clauses.rule import Rule, rule
from policies.coverage.clauses.standing import CHOICE_RULES, make_status_rules
from policies.coverage.facts import Facts, Mask
from policies.coverage.rules import CoverageRules


@rule("in_force", CoverageResult.PASS, 1, IN_FORCE, "the policy was in force at the loss instant")
def is_in_force(facts: Facts) -> Mask:
    """Said where no rule refers or fails the row."""
    return facts.all_homes()


@rule("peril_covered", CoverageResult.PASS, 1, OED, "what struck is covered")
def is_covered(facts: Facts) -> Mask:
    """Said where no rule refers or fails the row."""
    return facts.all_homes()


CLEAR_RULES = (is_in_force, is_covered)
"""Given first, and only where no rule refers or fails."""


def list_rules(ruleset: CoverageRules) -> tuple[Rule, ...]:
    """The rules that look at each row, in the order of their reasons."""
    return (
        *PERIOD_RULES,
        *make_status_rules(ruleset),
        *PERIL_RULES,
        *CHOICE_RULES,
        *PLACE_RULES,
        *CLOCK_RULES,
        *DEDUCTIBLE_RULES,
    )
