"""Views with defaults: what a page is handed, without a store behind it."""

from datetime import UTC, datetime

from hubspot.connections.grants import Account, Grant
from hubspot.portal import OBJECT_TYPES, OWNERS_SCOPE, READ_SCOPES
from hubspot.sync.manifest import ObjectCopy
from hubspot.ui.state import View
from tests.analysis.factories import portal

CONNECTED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def grant(**changes):
    defaults = {
        "account": Account(4711, 1),
        "scopes": ("oauth", *READ_SCOPES.values(), OWNERS_SCOPE),
        "user": "",
        "hub_domain": "northwind.example",
        "connected_at": CONNECTED_AT,
        "conn": "c",
    }
    return Grant(**{**defaults, **changes})


def view(*, loaded_at=CONNECTED_AT, **changes):
    """A whole copy that is as old as `loaded_at`; None for a portal without one."""
    copies = {each: ObjectCopy("v1", 1, loaded_at) for each in OBJECT_TYPES} if loaded_at else {}
    defaults = {
        "namespace": "n",
        "grant": grant(),
        "epoch": 1,
        "portal": portal(),
        "object_types": OBJECT_TYPES,
        "stored": copies,
        "version": "v1",
        "progress": None,
    }
    return View(**{**defaults, **changes})
