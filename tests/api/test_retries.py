import pytest

from hubspot.api.retries import ATTEMPTS, RATE_LIMITED_ATTEMPTS, backoff
from hubspot.errors import (
    MissingScopes,
    NotConnected,
    RateLimited,
    RequestFailed,
    ResponseError,
    TryLater,
    Unauthorized,
    UnreadableResponse,
)


@pytest.mark.parametrize(
    "error",
    [
        Unauthorized("", status_code=401),
        MissingScopes("", status_code=403),
        ResponseError("", status_code=400),
        ResponseError("", status_code=404),
        ResponseError("", status_code=414),
        ResponseError("", status_code=477, retry_after=3600),
        RateLimited("", status_code=429, policy="DAILY"),
        RateLimited("", status_code=429, policy="DAILY", retry_after=5),
        RateLimited("", status_code=429, retry_after=3600),
        TryLater("", 3600),
        NotConnected(),
    ],
)
def test_what_repeating_cannot_mend_is_not_repeated(error):
    assert backoff(error, 1) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RateLimited("", status_code=429, policy="TEN_SECONDLY_ROLLING"), 10),
        (RateLimited("", status_code=429, policy="TEN_SECONDLY_ROLLING", retry_after=3), 3),
        (RateLimited("", status_code=429, policy="SECONDLY"), 1.5),
        (ResponseError("", status_code=423), 2.5),
        (ResponseError("", status_code=502), 1),
        (ResponseError("", status_code=524), 1),
        (RequestFailed(), 0),
        (UnreadableResponse(""), 1),
        (TryLater("", 5), 5),
    ],
)
def test_the_first_wait_is_the_one_hubspot_advises(error, seconds):
    assert backoff(error, 1, jitter=lambda: 0.5) == seconds


def test_waits_for_a_failing_server_grow_to_eight_seconds():
    waits = [backoff(ResponseError("", status_code=503), attempt, jitter=lambda: 0.5) for attempt in range(1, 6)]

    assert waits == [1, 2, 4, 8, 8]


def test_jitter_spreads_waits_by_a_quarter_each_way():
    error = ResponseError("", status_code=503)

    assert [backoff(error, 4, jitter=lambda at=at: at) for at in (0, 1)] == [6, 10]


def test_repeating_ends_but_being_asked_to_wait_is_borne_longer():
    limited = RateLimited("", status_code=429, policy="SECONDLY")

    assert backoff(ResponseError("", status_code=503), ATTEMPTS) is None
    assert backoff(limited, ATTEMPTS) is not None
    assert backoff(limited, RATE_LIMITED_ATTEMPTS) is None
