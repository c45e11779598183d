import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.delivery.http.patience import Patience, send_patiently
from core.errors import TransientError


@given(
    failed=st.integers(1, 40),
    asked=st.none() | st.floats(0, 1e6),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_longer_than_the_longest(failed, asked, chance):
    patience = Patience()
    wait = patience.wait_s(failed, asked, chance)
    assert 0 <= wait <= patience.longest_wait_s
    assert wait >= min(asked or 0.0, patience.longest_wait_s)


def _answers(*given):
    left = iter(given)

    def ask() -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def test_what_may_be_another_answer_in_a_moment_is_asked_for_again():
    waits = []
    throttled = httpx.Response(429, headers={"Retry-After": "7"})
    ask = _answers(throttled, httpx.ReadTimeout("late"), httpx.Response(503), httpx.Response(400))
    assert send_patiently(ask, Patience(), waits.append).status_code == 400
    assert len(waits) == 3
    assert waits[0] >= 7


def test_the_last_failure_is_told():
    ask = _answers(*[httpx.ConnectError("refused")] * 2)
    with pytest.raises(TransientError, match="2 tries ended in ConnectError"):
        send_patiently(ask, Patience(tries=2), lambda _: None)
