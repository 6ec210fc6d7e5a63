"""What the loads of a portal noted, for a period between two of them, and the rows behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
import streamlit as st

from hubspot.analysis import changed
from hubspot.analysis.questions import Answer, Frames, Question
from hubspot.portal import Portal
from hubspot.sync.changes import KEPT_FOR, MOST_STEPS, Step
from hubspot.ui import services, state
from hubspot.ui.state import Key, View
from hubspot.ui.visits import Visit

PREFIX = "changed."


@dataclass(frozen=True, slots=True)
class Period:
    """From the copy `after` to the copy `until`, by their versions; empty is before the first step that is kept.

    `since` is when somebody saw the first of them last, where that is asked for; in UTC.
    """

    after: str
    until: str
    since: datetime | None = None

    @property
    def details(self) -> tuple[str, str, str]:
        """Return the period as details of a question."""
        return self.after, self.until, self.since.isoformat() if self.since else ""


def since_visit(view: View, before: Visit) -> Period:
    """Return the period from a visit to the copy on the screen."""
    return Period(before.version, view.version, before.seen_at)


def steps(view: View) -> tuple[Step, ...]:
    """Return what the loads noted up to the copy on the screen, the oldest first. Raises SnapshotError."""
    if not view.version or view.is_partial:
        return ()
    return _steps(view.key._replace(masked=False))


@st.cache_resource(ttl=3600, max_entries=8, show_spinner=False)
def _steps(key: Key) -> tuple[Step, ...]:
    found = services.services().snapshots.changes(key.hub_id)
    return tuple(step for step in found if step.version <= key.version)


def is_covered(kept: tuple[Step, ...], period: Period) -> bool:
    """Return whether the loads noted everything in a period, and none of it was dropped for age."""
    if not period.since or any(step.version <= period.after for step in kept):
        return True
    is_recent = state.now() - period.since < KEPT_FOR
    return bool(period.after) and len(kept) < MOST_STEPS and is_recent


def question(kind: str, object_type: str, period: Period) -> Question:
    """Return which records had this kind of change in a period."""
    return Question(f"{PREFIX}{kind}", object_type, period.details)


def rows(frames: Frames, portal: Portal, asked: Question, _today: date) -> pd.DataFrame:
    """Answer a question about what changed."""
    return _found(frames, portal, asked, services.services().snapshots.changes(portal.account.hub_id))


def _found(frames: Frames, portal: Portal, asked: Question, kept: tuple[Step, ...]) -> pd.DataFrame:
    frame, told = frames[asked.object_type], tuple(str(each) for each in asked.details)
    period = Period(told[0], told[1], datetime.fromisoformat(told[2]) if told[2] else None)
    noted = _within(kept, period, asked.object_type)
    if not is_covered(kept, period) and period.since:
        until = noted[0].since if noted else portal.read_at or period.since
        noted = [changed.guessed(frame, period.since, until), *noted]
    return changed.KINDS[asked.name.removeprefix(PREFIX)](frame, portal, asked.object_type, noted)


ANSWERS: Mapping[str, Answer] = {f"{PREFIX}{kind}": rows for kind in changed.KINDS}


def _within(kept: tuple[Step, ...], period: Period, object_type: str) -> list[changed.Step]:
    inside = [step for step in kept if period.after < step.version <= period.until and object_type in step.objects]
    return [changed.Step(step.since, step.until, step.objects[object_type]) for step in inside]


@st.cache_data(ttl=900, max_entries=32, show_spinner=False)
def counts(key: Key, object_types: tuple[str, ...], period: Period) -> dict[str, dict[str, int]]:
    """Return how many changes of each kind there were, by object type. Raises SnapshotError."""
    copy, kept = state.copy_of(key), services.services().snapshots.changes(key.hub_id)

    def count(kind: str, name: str) -> int:
        return len(_found(copy.frames, copy.portal, question(kind, name, period), kept))

    return {name: {kind: count(kind, name) for kind in changed.KINDS} for name in object_types if name in copy.frames}
