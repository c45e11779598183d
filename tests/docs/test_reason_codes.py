"""Every reason code that the code can write is explained in the documents."""

import ast
import re

import pytest

from claims.triage.rules import FALLBACK, RULES
from policies.coverage.clauses.register import CLEAR_RULES, list_rules
from policies.coverage.rules import CoverageRules

SAYERS = {"StatusRule": 1, "say": 2, "match": 3}
"""Calls that write a reason code, and where it stands among their arguments."""


def written_codes(path) -> set[str]:
    """Reason codes in a module's calls of SAYERS."""
    codes: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        place = SAYERS.get(name)
        if place is not None and len(node.args) > place:
            code = node.args[place]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                codes |= set(code.value.split(";"))
    return codes


def lists_after(path, name: str) -> set[str]:
    """Texts of lists on lines that mention a name."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if name in line]
    return {code for line in lines for code in re.findall(r'"([a-z]+(?:_[a-z]+)+)"', line)}


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "docs" / "reason-codes.md").read_text(encoding="utf-8")


def test_codes_of_coverage_are_explained(page):
    codes = {rule.code for rule in (*CLEAR_RULES, *list_rules(CoverageRules()))}
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_codes_of_matches_are_explained(root, page):
    codes = written_codes(root / "policies" / "matching" / "match.py")
    assert len(codes) > 5
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_codes_of_imagery_are_explained(root, page):
    codes = lists_after(root / "imagery" / "pairing" / "choose.py", "reasons")
    codes |= {"no_pixels_on_building", "cloud_on_building", "shift_over_limit", "unreadable"}
    codes -= {"pair_reason"}
    assert {"no_scene_after", "scene_before_too_old"} <= codes
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_the_page_explains_no_code_that_nothing_writes(root, page):
    first_cells = re.findall(r"^\| [^|]*\| ([^|]*) \|", page, re.MULTILINE)
    told = {code for cell in first_cells for code in re.findall(r"`([a-z_]+)`", cell)}
    rooms = ("core", "policies", "imagery", "detectors", "flows/stages", "claims")
    source = "\n".join(
        path.read_text(encoding="utf-8") for room in rooms for path in (root / room).rglob("*.py")
    )
    assert {code for code in told if not re.search(rf'[";]{code}["; :]', source)} == set()


def test_codes_of_decisions_are_in_the_decision_table(root):
    page = (root / "docs" / "decision-table.md").read_text(encoding="utf-8")
    assert all(f"| {rule.code} |" in page for rule in (*RULES, FALLBACK))
