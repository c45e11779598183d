"""What a simulated claims system answers, in the shapes of ClaimCenter's Cloud API."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: of HTTP.
        body: as JSON.
        headers: beside the usual ones.
    """

    status: int
    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()


class ApiError(Exception):
    """A request that is refused.

    Args:
        status: of HTTP.
        code: name of ClaimCenter's exception.
        message: for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(
            status,
            {
                "error": {
                    "status": status,
                    "errorCode": f"gw.api.rest.exceptions.{code}",
                    "userMessage": message,
                }
            },
        )
