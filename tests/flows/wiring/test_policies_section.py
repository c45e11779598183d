from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.wiring.sections.policies import PoliciesSection


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "give policies.location and policies.account, or policies.book"),
        ({"location": "l.csv"}, "give policies.location and policies.account, or policies.book"),
        ({"book": "x", "location": "l.csv", "account": "a.csv"}, "not both"),
        ({"location": "l.csv", "account": "a.csv", "store": "books"}, "store goes with book"),
        ({"book": "x", "store": "postgresql://u:p@h/d"}, "leave the password out"),
        ({"book": "x", "store": "postgresql://h/d?password=p"}, "leave the password out"),
    ],
)
def test_files_or_a_book_and_no_password(given, problem):
    with pytest.raises(ValidationError, match=problem):
        PoliciesSection.model_validate(given)


def test_folders_are_relative_to_the_file_and_urls_are_not():
    base = Path("/events/x")
    folder = PoliciesSection(book="florida", store="../books").anchored(base)
    assert folder.store == "/events/x/../books"
    url = "postgresql://u@h/d"
    assert PoliciesSection(book="florida", store=url).anchored(base).store == url
    files = PoliciesSection(location=Path("l.csv"), account=Path("/a.csv")).anchored(base)
    assert (files.location, files.account) == (base / "l.csv", Path("/a.csv"))
