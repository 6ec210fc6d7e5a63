"""When somebody looked at a portal before this visit, and which copy they saw: kept with their own grant.

A visit is new after half an hour of absence.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from hubspot.errors import KeyMissing, StoreError
from hubspot.ui import services, state
from hubspot.ui.state import View

LOG = logging.getLogger(__name__)
_NAME = "visit"
_ABSENCE = timedelta(minutes=30)
# Often enough for half an hour, seldom enough for a page that runs at every click.
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """When somebody was here last, in UTC, and the version of the copy they saw; empty where there was none."""

    seen_at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class Visits:
    """This visit as far as it got, and the one before; None at the first one."""

    now: Visit
    before: Visit | None = None

    def following(self, moment: datetime, version: str) -> "Visits":
        """Return the visits when somebody looks at a copy; after an absence this is a new one."""
        newest = Visit(moment, version or self.now.version)
        is_new = moment - self.now.seen_at > _ABSENCE
        return Visits(newest, self.now if is_new else self.before)


def note(view: View) -> Visits | None:
    """Note that somebody looks at the portal; return their visits, None where they can't be read.

    What this tab noted within the last minute is not noted again.
    """
    moment, version = state.now(), "" if view.is_partial else view.version
    known: tuple[Any, Visits] | None = st.session_state.get(state.VISITS)
    if known and known[0] == view.grant.account and _is_fresh(known[1], moment, version):
        return known[1]
    try:
        visits = _noted(view, moment, version)
    except StoreError as error:
        LOG.warning(
            "portal %(portal)s: a visit was not noted (%(error)s)",
            {"portal": view.hub_id, "error": type(error).__name__},
        )
        return None
    st.session_state[state.VISITS] = (view.grant.account, visits)
    return visits


def _is_fresh(known: Visits, moment: datetime, version: str) -> bool:
    return moment - known.now.seen_at < _NOTED_EVERY and known.now.version == (version or known.now.version)


def _noted(view: View, moment: datetime, version: str) -> Visits:
    preferences = services.services().preferences
    try:
        stored = _read(preferences.get(view.grant.account, _NAME))
    except KeyMissing:  # sealed with a key that was taken away: as if nobody had been here
        stored = None
    visits = stored.following(moment, version) if stored else Visits(Visit(moment, version))
    preferences.put(view.grant.account, _NAME, _written(visits))
    return visits


def _written(visits: Visits) -> list[list[str] | None]:
    return [[each.seen_at.isoformat(), each.version] if each else None for each in (visits.now, visits.before)]


def _read(stored: Any) -> Visits | None:
    try:
        now, before = (each and Visit(datetime.fromisoformat(each[0]), str(each[1])) for each in stored)
    except (TypeError, ValueError, IndexError):
        return None  # none yet, or one of another version of this product
    return Visits(now, before) if now else None
