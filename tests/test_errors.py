import re

import pytest

from hubspot import errors


def drawn():
    """Every class name in the tree of the module's docstring, with its depth."""
    for line in errors.__doc__.splitlines():
        if match := re.match(r"((?:[│ ]   )*)(?:├── |└── )?([A-Z]\w+)(?: |$)", line):
            yield match[2], line.index(match[2]) // 4


def test_the_docstring_draws_every_exception_where_it_stands():
    parents, path = {}, []
    for name, depth in drawn():
        if not hasattr(errors, name):
            continue
        path[depth:] = [name]
        parents[name] = path[depth - 1] if depth else "Exception"

    actual = {
        name: each.__bases__[0].__name__
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.HubSpotError)
    }
    assert parents == actual


@pytest.mark.parametrize(
    ("status_code", "error", "status", "ends"),
    [
        (400, "invalid_grant", "BAD_REFRESH_TOKEN", True),
        (400, "", "BAD_REFRESH_TOKEN", True),
        (503, "invalid_grant", "BAD_REFRESH_TOKEN", False),
        (400, "invalid_client", "BAD_CLIENT_ID", False),
        (429, "", "", False),
    ],
)
def test_only_a_clear_refusal_of_the_refresh_token_ends_a_grant(status_code, error, status, ends):
    refused = errors.OAuthRefused("Refused.", status_code=status_code, error=error, status=status)

    assert refused.ends_grant is ends


def test_a_response_error_keeps_what_support_asks_for():
    error = errors.RateLimited(
        "Slow down.", policy="SECONDLY", status_code=429, category="RATE_LIMITS", correlation_id="c-1", retry_after=1.0
    )

    assert (error.status_code, error.policy, error.correlation_id, error.retry_after) == (429, "SECONDLY", "c-1", 1.0)
    assert str(error) == "Slow down."
