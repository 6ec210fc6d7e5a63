"""What a portal is, before its records are read: its facts, and a glance at each object type's list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.pool import ThreadPool
from typing import Any, TypeVar

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.api.protocol import RawPage
from hubspot.errors import MissingScopes
from hubspot.portal import Owner, Portal, Property

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Survey:
    """A portal's facts, the first ids of every object type that may be read, and the refusals of the others."""

    portal: Portal
    glances: Mapping[str, RawPage]
    refused: Mapping[str, MissingScopes]


def make_survey(
    client: Client, object_types: Sequence[str], note: Callable[[str], None], *, glances: bool = True
) -> Survey:
    """Ask for everything at once; `note` takes a sentence about whatever may not be read.

    Without `glances` nobody looks at the lists, so none is refused. Raises what the client raises, but MissingScopes.
    """
    answers = _together(
        {
            "account": lambda: crm.account(client),
            "owners": lambda: _owners(client, note),
            "deactivated": lambda: _granted(lambda: crm.owners(client, archived=True)) or (),
            **{("properties", each): _call(_properties, client, each) for each in object_types},
            **{("groups", each): _call(_groups, client, each) for each in object_types},
            **{("glance", each): _call(_glance, client, each) for each in object_types if glances},
        },
    )
    seen = {each: answers["glance", each] for each in object_types if glances}
    refused = {each: glance for each, glance in seen.items() if isinstance(glance, MissingScopes)}
    for object_type in refused:
        note(f"HubSpot did not grant reading {object_type}, so they are left out.")
    portal = Portal(
        account=answers["account"],
        properties={each: answers["properties", each] for each in object_types},
        groups={each: answers["groups", each] for each in object_types},
        owners=answers["owners"] + answers["deactivated"],
        read_at=datetime.now(UTC),
    )
    return Survey(portal, {each: glance for each, glance in seen.items() if each not in refused}, refused)


def _owners(client: Client, note: Callable[[str], None]) -> tuple[Owner, ...]:
    found = _granted(lambda: crm.owners(client))
    if found is None:
        note("HubSpot did not grant reading owners, so records show owner ids instead of names.")
    return found or ()


def _properties(client: Client, object_type: str) -> tuple[Property, ...]:
    return _granted(lambda: crm.properties(client, object_type)) or ()


def _groups(client: Client, object_type: str) -> dict[str, str]:
    return _granted(lambda: crm.property_groups(client, object_type)) or {}


def _glance(client: Client, object_type: str) -> RawPage | MissingScopes:
    """Return the first ids: where they begin, how far apart they are, and what a cursor looks like."""
    try:
        return crm.list_raw(client, object_type, properties=("hs_object_id",))
    except MissingScopes as refusal:
        return refusal


def _granted(call: Callable[[], T]) -> T | None:
    try:
        return call()
    except MissingScopes:
        return None


def _together(calls: Mapping[Any, Callable[[], Any]]) -> dict[Any, Any]:
    """Return the results of calls made at once; the first failure is raised without waiting for the others."""
    # Not an executor: Python waits for an executor's threads when the process ends, and so for a whole load.
    with ThreadPool(len(calls)) as pool:
        return dict(pool.imap_unordered(lambda item: (item[0], item[1]()), calls.items()))


def _call(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: function(*arguments)
