"""By whose grant a portal is loaded when nobody in particular asks: the one that reads most."""

import contextlib

from hubspot.connections.grants import Grants
from hubspot.connections.records import Grant
from hubspot.errors import NotConnected
from hubspot.portal import OBJECT_TYPES, READ_SCOPES


def readable(grant: Grant) -> tuple[str, ...]:
    """Return the object types that a grant lets us read."""
    return tuple(each for each in OBJECT_TYPES if READ_SCOPES[each] in grant.scopes)


def widest(grants: Grants, hub_id: int) -> Grant | None:
    """Return the grant of a portal that reads most; None where nobody is connected, or none reads anything.

    Raises StoreError or SealError.
    """
    found = []
    for account in grants.accounts(hub_id):
        with contextlib.suppress(NotConnected):
            found.append(grants.get(account))
    best = max(found, key=lambda grant: len(readable(grant)), default=None)
    return best if best and readable(best) else None
