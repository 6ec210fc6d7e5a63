"""Every exception this package raises; the text of each is a sentence fit for the screen.

HubSpotError
├── SettingsError            a setting, a key or a file is missing or wrong: the operator must act
├── SealError                a sealed value can't be opened
│   ├── KeyMissing           it names a key that is not in the ring
│   └── Tampered             it was damaged, moved to another place or sealed by somebody else
├── StoreError               the token store can't do its work; nobody is disconnected by this
│   ├── StoreDown            it does not answer
│   └── StoreRefused         it answers and refuses: disk full, read-only, no permission
├── NotConnected             there is no grant for this: the person must connect
│   └── ConnectionEnded      HubSpot ended the grant
├── TryLater                 HubSpot can't renew the token just now; the grant is kept
├── RequestFailed            no response: DNS, TLS, a timeout, a dropped connection
├── ResponseError            HubSpot answered 4xx or 5xx
│   ├── Unauthorized         401, or the 530 of a malformed token
│   ├── MissingScopes        403
│   ├── RateLimited          429
│   └── OAuthRefused         the token endpoint refused the request
├── UnreadableResponse       a 2xx whose body is not what HubSpot documents: HTML, empty, truncated
├── SnapshotError            a stored copy is damaged or foreign; loading again mends it
│   └── SnapshotReplaced     a newer copy took its place while it was being read
└── LoadStopped              a person stopped the load
"""

from datetime import datetime


class HubSpotError(Exception):
    """Base of the tree: catch this at a border, the narrower ones where there is an answer."""


class SettingsError(HubSpotError):
    """A setting, a key or a file is missing or wrong: the operator must act."""


class SealError(HubSpotError):
    """A sealed value can't be opened."""


class KeyMissing(SealError):
    """The value was sealed with a key that is not in the ring."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(
            f"The encryption key {key_id!r} is missing from DASHBOARD_KEYS, so stored connections can't be opened. "
            "Put the key back into the ring; nothing was deleted."
        )


class Tampered(SealError):
    """The value was damaged, moved to another place or sealed by somebody else."""


class StoreError(HubSpotError):
    """The token store can't do its work; nobody is disconnected by this."""


class StoreDown(StoreError):
    """The token store does not answer."""


class StoreRefused(StoreError):
    """The token store answers and refuses: disk full, read-only, no permission."""


class NotConnected(HubSpotError):
    """There is no grant for this: the person must connect."""


class ConnectionEnded(NotConnected):
    """HubSpot ended the grant; `ended_at` (UTC) is when this was noticed."""

    def __init__(self, message: str, ended_at: datetime | None = None) -> None:
        self.ended_at = ended_at
        super().__init__(message)


class TryLater(HubSpotError):
    """HubSpot can't renew the token just now; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class RequestFailed(HubSpotError):
    """No response: DNS, TLS, a timeout, a dropped connection."""


class ResponseError(HubSpotError):
    """HubSpot answered 4xx or 5xx.

    Every field of HubSpot's error body is optional, so each has an empty default.
    `retry_after` is in seconds, None where HubSpot did not say.
    Source: https://developers.hubspot.com/docs/api-reference/error-handling
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        category: str = "",
        correlation_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status_code = status_code
        self.category = category
        self.correlation_id = correlation_id
        self.retry_after = retry_after
        super().__init__(message)


class Unauthorized(ResponseError):
    """HubSpot does not accept the access token."""


class MissingScopes(ResponseError):
    """The grant lacks a scope this call needs; `scopes` are the ones HubSpot names, any one of which would do."""

    def __init__(self, message: str, *, scopes: tuple[str, ...] = (), **fields: object) -> None:
        self.scopes = scopes
        super().__init__(message, **fields)  # type: ignore[arg-type]


class RateLimited(ResponseError):
    """HubSpot asks to slow down; `policy` is TEN_SECONDLY_ROLLING, SECONDLY, DAILY or empty."""

    def __init__(self, message: str, *, policy: str = "", **fields: object) -> None:
        self.policy = policy
        super().__init__(message, **fields)  # type: ignore[arg-type]


class OAuthRefused(ResponseError):
    """The token endpoint refused; `error` is OAuth's code (RFC 6749), `status` HubSpot's own."""

    def __init__(self, message: str, *, error: str = "", status: str = "", **fields: object) -> None:
        self.error = error
        self.status = status
        super().__init__(message, **fields)  # type: ignore[arg-type]

    @property
    def ends_grant(self) -> bool:
        """True for the one answer after which a refresh token never works again."""
        return self.status_code < 500 and (self.error == "invalid_grant" or self.status == "BAD_REFRESH_TOKEN")


class UnreadableResponse(HubSpotError):
    """A 2xx whose body is not what HubSpot documents: HTML, empty, truncated."""

    def __init__(self, message: str, *, correlation_id: str = "") -> None:
        self.correlation_id = correlation_id
        super().__init__(message)


class SnapshotError(HubSpotError):
    """A stored copy is damaged or foreign; loading again mends it."""


class SnapshotReplaced(SnapshotError):
    """A newer copy took its place while it was being read: read that one."""


class LoadStopped(HubSpotError):
    """A person stopped the load."""
