"""What a sandbox is made of: sizes, limits, and the words of its OAuth app."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

CLIENT_ID = "sandbox-client-id"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 -- a fixed word, so that tests need no set-up; it opens made-up data


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Sizes, limits and OAuth app of a sandbox.

    The records are a function of `seed`, `contacts`, `companies` and `today` (a day in each portal's own time zone;
    None is the day that each portal has at `started`, and no more than its first minute lies ahead of that).
    `latency_ms` is added to every answer, `index_lag_ms` is how long search does not see an edit, `token_ttl` is in
    seconds, `burst` in requests per 10 seconds and portal. `cursor` says what list cursors look like: the next record
    id or an opaque text. `secret` signs tokens; empty derives it from the seed and the client secret, so that tokens
    outlive the process. `include_user_id` off leaves `user_id` out of token answers, as HubSpot may.
    `same_origin_redirects` accepts redirect URIs on the origin the consent page was opened on, and no others.
    `user_level` is an app with user-level access, whose tokens see what their user may see; introspection says so.
    """

    seed: int = 7
    contacts: int = 10_000
    companies: int = 2_000
    today: date | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    latency_ms: int = 0
    burst: int = 110
    search_per_second: int = 5
    token_ttl: int = 1800
    rotate_refresh_tokens: bool = False
    cursor: Literal["id", "opaque"] = "id"
    index_lag_ms: int = 0
    no_limits: bool = False
    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)
    app_name: str = "HubSpot dashboard"
    secret: str = field(default="", repr=False)
    include_user_id: bool = True
    same_origin_redirects: bool = False
    user_level: bool = False

    def last_day(self, time_zone: str) -> date:
        """Return the last day of history of a portal in a time zone."""
        return self.today or self.started.astimezone(ZoneInfo(time_zone)).date()

    def passed(self, time_zone: str) -> timedelta:
        """Return how much of the last day of history is over: all of a day that was asked for."""
        if self.today:
            return timedelta(days=1)
        start = datetime.combine(self.last_day(time_zone), datetime.min.time(), ZoneInfo(time_zone))
        return self.started - start.astimezone(UTC)

    @property
    def signing_key(self) -> bytes:
        """Return the 32 bytes that sign this sandbox's tokens."""
        words = self.secret or f"{self.seed}:{self.client_secret}"
        return hashlib.sha256(b"hubspot-sandbox:" + words.encode()).digest()
