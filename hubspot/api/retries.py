"""HubSpot's retry policy, as one function."""

import random
from collections.abc import Callable

from hubspot.errors import (
    HubSpotError,
    RateLimited,
    RequestFailed,
    ResponseError,
    TryLater,
    Unauthorized,
    UnreadableResponse,
)

WINDOW = 10.0
LONGEST_WAIT = 60.0
ATTEMPTS = 8
# Being asked to wait is not a failure: other users of the portal's quota may keep it busy for minutes.
RATE_LIMITED_ATTEMPTS = 30
# Not the process's own generator: who seeds that one would make all replicas wait alike.
_chance = random.Random()  # noqa: S311 - not a secret


def backoff(  # noqa: C901, PLR0911 - a table of HubSpot's answers reads best in one piece
    error: HubSpotError, attempt: int, *, jitter: Callable[[], float] = _chance.random
) -> float | None:
    """Return the seconds to wait before repeating a reading call, None where repeating can't help.

    `attempt` counts from 1: how often the call was sent so far.
    Source: https://developers.hubspot.com/docs/api-reference/error-handling
    """
    if attempt >= (RATE_LIMITED_ATTEMPTS if isinstance(error, RateLimited) else ATTEMPTS):
        return None
    growing = min(8.0, 2.0 ** (attempt - 1)) * (0.75 + jitter() / 2)
    match error:
        case RateLimited(policy="DAILY") | Unauthorized():
            return None
        case ResponseError(status_code=477):
            # A migration can take a day: the person is told, nobody sleeps.
            return None
        case RateLimited() | TryLater() if error.retry_after is not None:
            return error.retry_after if error.retry_after <= LONGEST_WAIT else None
        case RateLimited(policy="TEN_SECONDLY_ROLLING"):
            return WINDOW
        case RateLimited():
            return max(growing, 1.0 + jitter())
        case ResponseError(status_code=423):
            # HubSpot's locks last two seconds.
            return max(growing, 2.0 + jitter())
        case ResponseError(status_code=status_code):
            return growing if status_code >= 500 else None
        case RequestFailed():
            # A kept connection that HubSpot closed at the same moment: at once, over a new one.
            return 0.0 if attempt == 1 else growing
        case UnreadableResponse():
            return growing
        case _:
            return None
