"""The rows behind the overview's numbers and charts, by click and by keyboard."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from hubspot.analysis import behind
from hubspot.analysis.calendar import Calendar
from hubspot.analysis.counts import Ranking, Timeline
from hubspot.analysis.filters import Filters
from hubspot.analysis.lifecycle import Stages
from hubspot.analysis.metrics import Kpi
from hubspot.portal import CONTACTS
from hubspot.ui import explore_links, state, words
from hubspot.ui.numbers import day, quarter
from hubspot.ui.state import View

_MOST_OFFERED = 20


def of_kpi(view: View, kpi: Kpi) -> None:
    """Offer the records that a number counted; of a rate, those that it is a rate of."""
    if kpi.value is None:
        return
    today = Calendar(state.now(), view.account.time_zone).today
    object_type, filters = behind.kpi(kpi.name, state.frame(view, CONTACTS), today)
    label = explore_links.OPEN_ROWS if kpi.kind == "count" else f"Open {words.counted(kpi.n, CONTACTS)}"
    explore_links.button(view, object_type, filters, key=f"open.{kpi.name}", label=label)


def of_ranking(ranking: Ranking, column: str) -> dict[str, Filters]:
    """Return the filters behind each value of a ranking, by its label and count."""
    rows = ranking.rows.head(_MOST_OFFERED)
    return {
        _offered(label, count): behind.one(column, value)
        for value, label, count in zip(rows["value"], rows["label"], rows["count"], strict=True)
    }


def of_timeline(found: Timeline, by: str) -> dict[str, Filters]:
    """Return the filters behind a timeline: all of it, each kind, each period, the newest first."""
    kinds = {
        _offered(found.labels[kind], int(found.counts[kind].sum())): behind.kind(found, by, kind)
        for kind in found.kinds
    }
    periods = {
        _offered(_period(found, start), int(count)): behind.period(found, start)
        for start, count in zip(found.periods.starts, found.counts.sum(axis=1), strict=True)
    }
    return {_offered("All of them", found.n): behind.whole(found), **kinds, **dict(reversed(periods.items()))}


def of_stages(view: View, found: Stages) -> dict[str, Filters]:
    """Return the filters behind each stage, by its label and count."""
    named = zip(found.rows["value"], found.rows["label"], found.counts, found.lacks_dates, strict=True)
    return {
        _offered(label, count) + " now, no dates" * lacks: _stage(view, found, value)
        for value, label, count, lacks in named
    }


def opener(object_type: str, column: str) -> Callable[[str], None]:
    """Return what a click on a bar does: it opens the records with that value."""
    return lambda value: explore_links.ask(object_type, behind.one(column, value))


def segment_opener(found: Timeline, by: str) -> Callable[[list[Any]], None]:
    """Return what a click on a segment does: it opens the records of that kind in that period."""

    def open_rows(mark: list[Any]) -> None:
        filters = behind.segment(found, by, str(mark[0]), date.fromisoformat(mark[1]))
        explore_links.ask(CONTACTS, filters)

    return open_rows


def stage_opener(view: View, found: Stages) -> Callable[[list[Any]], None]:
    """Return what a click on a stage does: it opens the records that its bar counts."""
    stage = partial(_stage, view, found)
    return lambda mark: explore_links.ask(CONTACTS, stage(str(mark[0])))


def _stage(view: View, found: Stages, value: str) -> Filters:
    contacts = state.frame(view, CONTACTS)
    if not found.dated or contacts is None:
        return behind.one(behind.STAGE, value)
    return behind.reached(contacts, value)


def _offered(label: str, count: int) -> str:
    return f"{label} · {words.number(count)}"


def _period(found: Timeline, start: date) -> str:
    match found.periods.grain:
        case "month":
            return f"{start:%B %Y}"
        case "quarter":
            return quarter(start)
        case "day":
            return day(start)
    return f"Week of {day(start)}"
