"""How long and how often a claims system is asked again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from core.errors import TransientError
from core.retrying import AGAIN, parse_retry_after


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries and waits of one request.

    Attributes:
        tries: so many at most.
        first_wait_s: longest wait before the second try; doubled for each further one.
        longest_wait_s: no wait is longer, whatever the server asks for.
        timeout_s: of one try.
    """

    tries: int = 6
    first_wait_s: float = 0.25
    longest_wait_s: float = 30.0
    timeout_s: float = 30.0

    def wait_s(self, failed: int, asked_s: float | None, chance: float) -> float:
        """Seconds before the next try.

        Args:
            failed: tries so far.
            asked_s: of Retry-After, if the server said so.
            chance: in [0, 1): spreads many waiting at once.
        """
        own = min(self.longest_wait_s, self.first_wait_s * 2 ** (failed - 1)) * chance
        return min(self.longest_wait_s, max(own, asked_s or 0.0))


def send_patiently(
    ask: Callable[[], httpx.Response],
    patience: Patience,
    sleep: Callable[[float], None] = time.sleep,
) -> httpx.Response:
    """The first answer that another try would not change.

    Every request of a gateway bears a key or changes nothing, so that one whose answer was lost
    is simply sent again.

    Raises:
        TransientError: none of the tries was answered for good.
    """
    said = ""
    for failed in range(1, patience.tries + 1):
        asked_s = None
        try:
            answer = ask()
        except httpx.TransportError as error:
            said = type(error).__name__
        else:
            if answer.status_code not in AGAIN:
                return answer
            said = f"status {answer.status_code}"
            headers = answer.headers
            asked_s = parse_retry_after(headers.get("retry-after", ""), headers.get("date", ""))
        if failed < patience.tries:
            sleep(patience.wait_s(failed, asked_s, random.random()))  # noqa: S311  spreads waits
    raise TransientError(
        "asking the claims system", f"{patience.tries} tries ended in {said}",
        "Deliver again later; what was not answered stays in the outbox",
    )  # fmt: skip
