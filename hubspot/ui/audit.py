"""The audit stream: who connected, disconnected, downloaded, signed in and out, a JSON line each.

It is apart from the log, and off where DASHBOARD_AUDIT_FILE is not set. People and portals are named by the log's
pseudonyms.
"""

import json
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from hubspot.connections.grants import Account, Grant
from hubspot.ui import services
from hubspot.ui.logs import PERSON, pseudonym
from hubspot.ui.signing_in import Person

LOG = logging.getLogger(__name__)
Event = Literal["connected", "disconnected", "downloaded", "signed_in", "signed_out"]


def note(event: Event, account: Account, **facts: str | int) -> None:
    """Write what a person did with a portal; `facts` are counts and kinds, never a value of a record."""
    portal, person = pseudonym(account.hub_id), pseudonym(account.user_id, PERSON)
    _write({"event": event, "portal": portal, "person": person, **facts})


def note_signed_in(who: Person) -> None:
    """Write that somebody signed in to the dashboard itself; they are no person in HubSpot yet."""
    text = json.dumps([who.issuer, who.subject]).encode()
    named = "s" + services.keyring().sign(text, "audit signed in")[4:].hex()[:9]
    _write({"event": "signed_in", "signed_in_as": named})


def note_signed_out(grants: Iterable[Grant]) -> None:
    """Write that a browser which saw portals by these grants was signed out."""
    for grant in grants:
        note("signed_out", grant.account)


def _write(entry: dict[str, str | int]) -> None:
    path = services.settings().audit_file
    if not path:
        return
    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry}) + "\n"
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write at the end of the file: lines of several replicas never mix.
            os.write(file, line.encode())
        finally:
            os.close(file)
    except OSError as error:
        LOG.error("the audit file can't be written: %(error)s", {"error": type(error).__name__})
