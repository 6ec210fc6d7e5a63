"""The cards of the overview: numbers, contacts over time, stages, owners, industries, the newest contacts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hubspot.analysis.calendar import Basis, Calendar, Grain
from hubspot.analysis.counts import Ranking, Timeline, rank, recent, timeline
from hubspot.analysis.filters import Filters
from hubspot.analysis.lifecycle import Stages, stages
from hubspot.analysis.metrics import Kpi, kpis
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import cards, charts, elements, explore_links, overview_rows, progress, state, tables, words
from hubspot.ui.numbers import day, delta_of, value_of
from hubspot.ui.state import Key, View

GRAINS: dict[str, Grain] = {"Days": "day", "Weeks": "week", "Months": "month", "Quarters": "quarter"}
LAST_MONTH = "Compare: last month"
COMPARISONS: dict[str, Basis] = {LAST_MONTH: "month", "Compare: last year": "year"}
# A month of days, a quarter of weeks, a year of months, two years of quarters: each with the running one.
PERIODS: dict[str, int] = {"Days": 31, "Weeks": 13, "Months": 13, "Quarters": 9}
NO_OWNER = "No contact has an owner. Assign owners in HubSpot, then refresh."
NO_INDUSTRY = "No company has an industry. Fill it in HubSpot, then refresh."
# The oldest contacts arrive first: until the last ones, these are not incomplete but wrong.
MEANT_WHOLE = {"new_contacts", "lead_to_customer", "empty_companies"}
SOURCE, OWNER, INDUSTRY = "hs_analytics_source", "hubspot_owner_id", "industry"
_RECENT = 8


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """All that the overview shows of one copy of a portal on one day; None where it was not granted or not loaded."""

    kpis: tuple[Kpi, ...]
    over_time: Timeline | None = None
    stages: Stages | None = None
    owners: Ranking | None = None
    industries: Ranking | None = None
    newest: pd.DataFrame | None = None


def answers(view: View, grain: str, comparison: str = LAST_MONTH) -> Answers:
    """Return the overview's numbers, computed once for everybody who sees the same copy on the same day."""
    today = Calendar(state.now(), view.account.time_zone).today
    return _answers(view.key, today, grain, COMPARISONS[comparison])


@st.cache_data(ttl=900, max_entries=32, show_spinner=False)
def _answers(key: Key, today: date, grain: str, basis: Basis) -> Answers:
    del today  # only a part of the key: tomorrow is another answer
    copy = state.copy_of(key)
    portal, contacts, companies = copy.portal, copy.frames.get(CONTACTS), copy.frames.get(COMPANIES)
    calendar = Calendar(state.now(), portal.account.time_zone)
    found = Answers(kpis(contacts, companies, portal, calendar, basis=basis))
    if contacts is not None:
        periods = calendar.last(PERIODS[grain], GRAINS[grain])
        found = replace(
            found,
            over_time=timeline(contacts, SOURCE, portal, object_type=CONTACTS, periods=periods),
            stages=stages(contacts, portal, CONTACTS),
            owners=rank(contacts, OWNER, portal, object_type=CONTACTS),
            newest=recent(contacts, _RECENT),
        )
    if companies is not None:
        found = replace(found, industries=rank(companies, INDUSTRY, portal, object_type=COMPANIES))
    return found


def tell_empty(view: View) -> bool:
    """Say that there is nothing to count, where that is so; return whether it is."""
    frames = [state.frame(view, name) for name in view.object_types]
    if view.is_partial or any(frame is None or len(frame) for frame in frames):
        return False
    cards.empty_portal(view, "contacts and no companies")
    return True


def freshness(view: View) -> None:
    """Show how old the numbers are."""
    if view.loaded_at:
        age = f"Updated {progress.age(view.loaded_at)}"
        st.markdown(f":small[:orange[{age}]]" if view.is_stale else f":small[:gray[{age}]]")


def numbers(view: View, found: Answers) -> None:
    """Show the numbers in one card, each with its change, a small line and its records; no change while some arrive."""
    is_partial = view.is_partial
    shown = [kpi for kpi in found.kpis if not (is_partial and kpi.name in MEANT_WHOLE)]
    if not shown:
        return  # with companies alone, and not all of them loaded, no number means anything yet
    with st.container(border=True), st.grid(len(shown), min_column_width=120):
        for kpi in shown:
            # The links stand on one line, also below a number without a change or a line.
            with st.container(gap="xxsmall", height="stretch", vertical_alignment="distribute"):
                _number(replace(kpi, before=None, compared="", series=()) if is_partial else kpi)
                overview_rows.of_kpi(view, kpi)


def _number(kpi: Kpi) -> None:
    with st.container(gap="xxsmall"):
        _metric(kpi)


def _metric(kpi: Kpi) -> None:
    st.metric(
        kpi.label,
        value_of(kpi),
        delta_of(kpi),
        delta_color="off",
        delta_description=kpi.compared or None,
        help=_explained(kpi),
    )
    if len(kpi.series) > 1:
        st.plotly_chart(
            charts.sparkline(kpi.series),
            config=charts.CONFIG | {"staticPlot": True},
            key=f"kpi.{kpi.name}",
            alt=charts.sparkline_alt(kpi.series, kpi.label),
        )


def _explained(kpi: Kpi) -> str:
    undated = f" {words.number(kpi.excluded)} without a date {kpi.excluded_means}." if kpi.excluded else ""
    return f"{elements.plain(kpi.definition)} n = {words.number(kpi.n)}.{undated}"


def movement(view: View, found: Answers, grain: str) -> None:
    """Show how contacts arrive and how far they get."""
    if found.over_time is None or found.stages is None:
        return
    left, right = st.columns([3, 2])
    with left:
        if view.is_partial:
            _over_time_later(grain)
        else:
            _over_time(view, found.over_time, grain)
    with right:
        _how_far(view, found.stages)


def rankings(view: View, found: Answers) -> None:
    """Show who owns the contacts, and what the companies do."""
    shown = []
    if found.owners:
        shown.append(("Contacts by owner", found.owners, OWNER, CONTACTS))
    if found.industries:
        shown.append(("Companies by industry", found.industries, INDUSTRY, COMPANIES))
    places = st.columns(len(shown)) if shown else []
    for place, (title, ranking, column, object_type) in zip(places, shown, strict=True):
        with place:
            _ranking(view, title, ranking, column=column, object_type=object_type)


def _ranking(view: View, title: str, ranking: Ranking, *, column: str, object_type: str) -> None:
    rows = overview_rows.of_ranking(ranking, column) if ranking.distinct else {}
    with _card(title, words.counted(ranking.n, object_type), rows=_Rows(view, object_type, rows)):
        if not rows:
            st.markdown(f":small[:gray[{NO_OWNER if column == OWNER else NO_INDUSTRY}]]")
            return
        on_click = overview_rows.opener(object_type, column)
        cards.ranking(title, ranking, object_type, key=title, on_click=on_click)


def _over_time(view: View, found: Timeline, grain: str) -> None:
    """Show the contacts created in each period by original source."""
    title, rows = _over_time_title(grain), overview_rows.of_timeline(found, SOURCE)
    with _card(title, _over_time_note(found), rows=_Rows(view, CONTACTS, rows)):
        cards.clickable(
            charts.timeline_bars(found),
            key="over_time",
            alt=charts.timeline_alt(found, title),
            on_click=overview_rows.segment_opener(found, SOURCE),
        )


def _over_time_later(grain: str) -> None:
    # An empty chart would be read as "nobody came".
    with _card(_over_time_title(grain), "HubSpot sends the oldest contacts first: this comes with the last ones."):
        st.skeleton(height=246)


def _over_time_title(grain: str) -> str:
    return f"New contacts per {GRAINS[grain]}, by source"


def _over_time_note(found: Timeline) -> str:
    undated = f" · {words.number(found.undated)} without a creation date" if found.undated else ""
    since = day(found.periods.starts[0])
    return f"{words.counted(found.n, CONTACTS)} created since {since} · hatched: still running{undated}"


def _how_far(view: View, found: Stages) -> None:
    """Show how many contacts reached each lifecycle stage."""
    note = (
        "Contacts that ever reached a stage · of those in the stage above, the share that got here too"
        if found.dated
        else "Contacts in each stage now; this portal keeps no dates of entering"
    )
    if any(found.lacks_dates):
        note += " · now: in the stage now, no dates of entering"
    with _card("How far contacts got", note, rows=_Rows(view, CONTACTS, overview_rows.of_stages(view, found))):
        if found.rows.empty:
            st.markdown(":small[:gray[This portal has no lifecycle stages.]]")
            return
        height = max(charts.ROW * len(found.rows), 230)
        figure = charts.stage_bars(found, height=height)
        alt = charts.stage_alt(found, "How far contacts got")
        cards.clickable(figure, key="stages", alt=alt, on_click=overview_rows.stage_opener(view, found))


def newest(view: View, found: Answers) -> None:
    """Show the contacts created last."""
    if found.newest is None or found.newest.empty:
        return
    st.subheader("Recently created", anchor=False)
    shown = tables.table(found.newest, view.portal, CONTACTS, links=not state.is_sample())
    st.dataframe(shown.frame, key="newest", alt="The contacts created last", **shown.options(_RECENT))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The records behind the parts of a chart, by what a menu calls each part."""

    view: View
    object_type: str
    parts: Mapping[str, Filters]


def _card(title: str, note: str, *, rows: _Rows | None = None) -> DeltaGenerator:
    card = st.container(border=True, gap="xsmall", height="stretch")
    with card:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(title, anchor=False, width="content")
            if rows and rows.parts:
                explore_links.menu(rows.view, rows.object_type, rows.parts, key=f"rows.{title}")
        st.markdown(f":small[:gray[{note}]]")
    return card
