"""The rules of the coverage screen: what a status, a period and an occupancy mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from core.damage import CoverageResult


@dataclass(frozen=True, slots=True)
class StatusRule:
    """What a policy status means for the screen.

    Attributes:
        result: the best result that the status leaves.
        reason: reason code; empty for a policy in force.
    """

    result: CoverageResult
    reason: str = ""


POLICY_STATUSES: Mapping[str, StatusRule] = MappingProxyType(
    {
        "b": StatusRule(CoverageResult.PASS),
        "bound": StatusRule(CoverageResult.PASS),
        "active": StatusRule(CoverageResult.PASS),
        "in force": StatusRule(CoverageResult.PASS),
        "c": StatusRule(CoverageResult.FAIL, "policy_cancelled"),
        "cancelled": StatusRule(CoverageResult.FAIL, "policy_cancelled"),
        "canceled": StatusRule(CoverageResult.FAIL, "policy_cancelled"),
        "l": StatusRule(CoverageResult.FAIL, "policy_lapsed"),
        "lapsed": StatusRule(CoverageResult.FAIL, "policy_lapsed"),
        "expired": StatusRule(CoverageResult.FAIL, "policy_lapsed"),
        "r": StatusRule(CoverageResult.FAIL, "policy_not_bound"),
        "rejected": StatusRule(CoverageResult.FAIL, "policy_not_bound"),
        "q": StatusRule(CoverageResult.REFER, "policy_not_bound"),
        "quoted": StatusRule(CoverageResult.REFER, "policy_not_bound"),
        "s": StatusRule(CoverageResult.REFER, "policy_not_bound"),
        "submitted": StatusRule(CoverageResult.REFER, "policy_not_bound"),
        "reinstated": StatusRule(CoverageResult.REFER, "policy_reinstated"),
        "grace": StatusRule(CoverageResult.REFER, "policy_in_grace"),
        "grace period": StatusRule(CoverageResult.REFER, "policy_in_grace"),
    }
)
"""PolStatus in lower case -> what it means: the OED letters (B, C, Q, R, S of ``OtherValues.csv``;
R is rejected, not reinstated) and the words that carriers write in their place."""

UNKNOWN_STATUS = StatusRule(CoverageResult.REFER, "policy_status_unknown")


class ExpiryDay(StrEnum):
    """What an expiry date says of its own day."""

    ENDS_AT_ITS_START = "ends_at_its_start"
    ENDS_WITH_IT = "ends_with_it"
    BY_PERIOD = "by_period"


@dataclass(frozen=True, slots=True)
class CoverageRules:
    """The rules of the screen."""

    version: str = "2026.3"
    """Names these rules in the evidence of a claim; change it with any rule."""

    cover_begins_at: timedelta = timedelta(minutes=1)
    """Time of day, standard time at the location, at which cover begins and ends: 12:01 a.m. in
    the declarations of US homeowners policies."""

    expiry_day: ExpiryDay = ExpiryDay.BY_PERIOD
    """Whether the expiry date is the first day without cover (ends_at_its_start) or the last one
    with it (ends_with_it); by_period refers a loss on that day where the period tells of neither,
    because it ends the day before an anniversary."""

    residential_from: int = 1050
    """First OED OccupancyCode of homes (``OccupancyValues.csv``)."""

    residential_to: int = 1079
    """Last OED OccupancyCode of homes."""

    vacant_days: int = 60
    """Days after which a home that stands vacant is referred: the HO-3 pattern."""

    occupied_frac: float = 0.31
    """Share of the floor in use under which a building counts as vacant: the pattern of commercial
    property forms."""

    statuses: Mapping[str, StatusRule] = field(default_factory=lambda: dict(POLICY_STATUSES))
    """Meaning of PolStatus, by lower-case text; a blank one says nothing against the policy."""
