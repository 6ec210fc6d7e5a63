"""What an operator may know of the connected portals: no token, no address of a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hubspot.connections.grants import Account, Grant, Grants
from hubspot.errors import ConnectionEnded, KeyMissing, NotConnected, Tampered

CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class PortalRow:
    """A portal; `name` and `scopes` are empty where no grant of it opens, `status` says why.

    `people` counts the living grants, `scopes` are those that anybody granted; `opened_at` is in UTC, to the hour.
    """

    hub_id: int
    name: str
    people: int
    scopes: tuple[str, ...]
    opened_at: datetime
    status: str


def list_portals(grants: Grants) -> list[PortalRow]:
    """Return the portals that are known, the one opened last first. Raises StoreError."""
    opened = sorted(grants.portals().items(), key=lambda each: each[1], reverse=True)
    return [_row(grants, hub_id, opened_at) for hub_id, opened_at in opened]


def _row(grants: Grants, hub_id: int, opened_at: datetime) -> PortalRow:
    accounts = grants.accounts(hub_id)
    found = [_read(grants, account) for account in accounts]
    readable = [each for each in found if isinstance(each, Grant)]
    troubles = [each for each in found if isinstance(each, str)]
    return PortalRow(
        hub_id=hub_id,
        name=next((grant.hub_domain for grant in readable if grant.hub_domain), ""),
        people=len(accounts),
        scopes=_union(grant.scopes for grant in readable),
        opened_at=opened_at,
        status=_status(troubles) if accounts else "ended by HubSpot",
    )


def _read(grants: Grants, account: Account) -> Grant | str:
    """Return a grant, or what is wrong with it."""
    try:
        return grants.get(account)
    except ConnectionEnded:
        return "ended by HubSpot"
    except NotConnected:
        return "disconnected just now"
    except KeyMissing as error:
        return f"key {error.key_id} is missing"
    except Tampered:
        return "damaged"


def _status(troubles: list[str]) -> str:
    return ", ".join(dict.fromkeys(troubles)) or CONNECTED


def _union(scopes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({scope for each in scopes for scope in each}))
