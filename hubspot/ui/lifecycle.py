"""The lifecycle page: which records, where their dates come from, and what can't be told without them."""

import streamlit as st

from hubspot.analysis.lifecycle import Generation
from hubspot.portal import STAGE_DATES
from hubspot.ui import (
    cards,
    choices,
    explore_empty,
    lifecycle_answers,
    lifecycle_cohorts,
    lifecycle_funnel,
    lifecycle_groups,
    lifecycle_moves,
    lifecycle_stays,
    lifecycle_table,
    state,
    words,
)
from hubspot.ui.lifecycle_answers import Figures
from hubspot.ui.state import View

_NO_STAGES = "This portal defines no lifecycle stages for {many}, so there is no way through them to show."
_LIMITS = (
    "HubSpot keeps the last date of entering each stage. Records deleted or merged since are not counted. "
    "Days are days of the portal's calendar, in {zone}."
)
_LATER = (
    "Rates, speed and cohorts come with the last records: HubSpot sends the oldest first, so they would be wrong now."
)


def choice(view: View) -> str:
    """Return the object type that the person looks at, of those that were granted."""
    return view.object_types[0] if len(view.object_types) == 1 else choices.object_type(view.object_types)


def show(view: View, object_type: str) -> None:
    """Show the way of one object type's records through the stages, as far as it is known."""
    frame, many = state.frame(view, object_type), words.OBJECT_NOUNS[object_type][1]
    if frame is None or (frame.empty and view.is_loading):
        explore_empty.tell_not_loaded(view, object_type)
        return
    if frame.empty:
        cards.empty_portal(view, many)
        return
    current = lifecycle_answers.current(view, object_type)
    if current.rows.empty:
        st.info(_NO_STAGES.format(many=many), icon=":material/info:")
        return
    if view.is_partial:
        lifecycle_funnel.now(view, object_type, current)
        lifecycle_table.note(_LATER)
        st.skeleton(height=320)
        return
    with st.skeleton(height=320):
        found = lifecycle_answers.figures(view, object_type)
    if found.is_dated:
        _sections(view, object_type, found)
        return
    st.info(without_dates(many), icon=":material/event_busy:")
    lifecycle_funnel.now(view, object_type, current)


def _sections(view: View, object_type: str, found: Figures) -> None:
    lifecycle_table.note(f"{sources(found.generations)} {_LIMITS.format(zone=view.account.time_zone)}")
    lifecycle_funnel.show(view, object_type, found)
    lifecycle_stays.show(view, object_type, found.stays)
    lifecycle_cohorts.show(view, object_type, found.cohorts)
    lifecycle_moves.show(view, object_type, found.moves)
    lifecycle_groups.show(view, object_type, found)


def sources(generations: tuple[Generation, ...]) -> str:
    """Return where the dates come from: which properties, for how many stages, how many dates."""
    used = [each for each in generations if each.dates]
    told = [
        f"`{each.pattern.format('…')}` ({words.number(each.dates)} dates, {words.number(each.stages)} stages)"
        for each in used
    ]
    older = " A newer property goes before an older one." if len(used) > 1 else ""
    return f"Dates of entering come from {' and '.join(told)}.{older}"


def without_dates(many: str) -> str:
    """Return what a portal without any stage date can't be told, and why."""
    names = ", ".join(f"`{pattern.format('…')}`" for pattern in STAGE_DATES)
    return (
        f"This portal keeps no dates of entering a lifecycle stage for its {many}: none of the properties {names} "
        "has a value. How far and how fast records got, and who is stuck or went back, can't be told without them."
    )
