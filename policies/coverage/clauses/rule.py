"""What a rule of the coverage screen is: a small pure function with an id, a version, a source."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.damage import CoverageResult
from policies.coverage.facts import Facts

VERSION_MARK = "@"
"""Between a rule's id and its version, as in ``policy_expired@1``."""

Speaks = Callable[[Facts], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the screen.

    Attributes:
        code: reason code that the rule gives.
        result: best result that it leaves where it speaks; ``pass`` for a note.
        version: raised with every change of what the rule says.
        source: where the rule comes from.
        meaning: what it says, in words.
        speaks: where it does, bool ``(locations,)``.
    """

    code: str
    result: CoverageResult
    version: int
    source: str
    meaning: str
    speaks: Speaks

    @property
    def rule_id(self) -> str:
        """Names the rule: its code, with its result, since a code may leave one of two."""
        return f"{self.code}.{self.result}"

    @property
    def cited(self) -> str:
        """Id and version, as evidence cites the rule."""
        return f"{self.rule_id}{VERSION_MARK}{self.version}"


def rule(
    code: str, result: CoverageResult, version: int, source: str, meaning: str
) -> Callable[[Speaks], Rule]:
    """Make a rule of the function that says where it speaks."""
    return lambda speaks: Rule(code, result, version, source, meaning, speaks)
