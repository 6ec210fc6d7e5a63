"""The dialog of all other filters: any loaded property, conditions joined by "and" in groups joined by "or"."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hubspot.analysis.calendar import Calendar
from hubspot.analysis.filters import Condition, Filters, OrUnknown, select
from hubspot.analysis.filters.conditions import SPANS, asks_nothing
from hubspot.analysis.filters.fields import Field, Fields
from hubspot.ui import filter_bar_draft, filter_bar_held, filter_bar_options, state, trouble, words
from hubspot.ui.filter_bar_draft import ASKED, OPERATOR, OR_UNKNOWN, PROPERTY
from hubspot.ui.filter_bar_held import EARLIEST, LATEST, key
from hubspot.ui.filter_bar_operators import OPERATORS, Editor
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

_SPANS = ("last-7-days", "last-30-days", "last-90-days", "last-180-days", *SPANS)


@st.dialog("More filters", width="large")
@trouble.guarded
def show(hub_id: int, object_type: str) -> None:
    """Show the draft. Raises NotConnected, said in its place, where the portal may no longer be seen."""
    # Asked again at each rerun of the dialog alone.
    view = state.view(hub_id=hub_id)
    records = state.frame(view, object_type)
    if records is None:
        st.info("No records have arrived yet.", icon=":material/hourglass_empty:")
        return
    _Dialog(view, Fields(view.portal, object_type, records)).show()


@dataclass(frozen=True, slots=True, eq=False)
class _Dialog:
    view: View
    fields: Fields

    @property
    def object_type(self) -> str:
        return self.fields.object_type

    def show(self) -> None:
        offered = {field.column: field for field in self.fields.all()}
        drafted = [
            self._group(number, rows, offered) for number, rows in enumerate(filter_bar_draft.groups(self.object_type))
        ]
        st.button(
            "Add an “or” group",
            icon=":material/add:",
            key=key(self.object_type, "draft_or"),
            on_click=filter_bar_draft.add_group,
            args=(self.object_type,),
        )
        self._foot(filter_bar_draft.applied(self.object_type, drafted), len(offered))

    def _group(self, number: int, rows: Sequence[int], offered: Mapping[str, Field]) -> list[Condition]:
        """Show a group and return what it asks; a row that is not finished asks nothing."""
        if number:
            st.markdown("or")
        with st.container(border=True, gap="small"):
            asked = [self._row(row, rows, offered) for row in rows]
            st.button(
                "Add a condition",
                icon=":material/add:",
                type="tertiary",
                key=key(self.object_type, f"draft_and.{number}"),
                on_click=filter_bar_draft.add_row,
                args=(self.object_type, number),
            )
        return [condition for condition in asked if condition is not None]

    def _row(self, row: int, rows: Sequence[int], offered: Mapping[str, Field]) -> Condition | None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            column = st.selectbox(
                "Property",
                list(offered),
                index=None,
                format_func=lambda each: _named(offered[each]),
                key=self._key(row, PROPERTY),
                placeholder="Search properties",
                label_visibility="collapsed",
                width=320,
            )
            condition = self._question(row, rows, offered[column]) if column else None
            st.button(
                "Remove",
                type="tertiary",
                key=self._key(row, "remove"),
                on_click=filter_bar_draft.remove_row,
                args=(self.object_type, row),
            )
        st.session_state[self._key(row, ASKED)] = condition
        return condition

    def _question(self, row: int, rows: Sequence[int], field: Field) -> Condition | None:
        questions = OPERATORS[field.kind]
        name = st.selectbox(
            "Question",
            list(questions),
            format_func=lambda each: questions[each].label,
            key=self._key(row, f"{field.column}.{OPERATOR}"),
            label_visibility="collapsed",
            width=165,
        )
        editor = questions[name].editor
        held = self._key(row, f"{field.column}.{editor}")
        given = self._values(held, field, self._others(row, rows)) if editor == "values" else _EDITORS[editor](held)
        also_unknown = questions[name].denies and self._also_unknown(row, field)
        if given is None:
            return None
        asked = questions[name].make(field.column, given)
        condition = OrUnknown(asked) if also_unknown else asked
        return None if asks_nothing(condition) else condition

    def _also_unknown(self, row: int, field: Field) -> bool:
        return st.checkbox(
            "or unknown",
            key=self._key(row, f"{field.column}.{OR_UNKNOWN}"),
            help="Records without a value are left out, as in HubSpot's search. Tick to include them, as HubSpot's "
            "lists do.",
        )

    def _values(self, held: str, field: Field, others: Filters) -> frozenset[str]:
        chosen = st.session_state.get(held, ())
        labels = filter_bar_options.labels_of(self.view, self.fields, field.column, chosen)
        counts = filter_bar_options.counts_under(self.view, self.object_type, others, (field.column,))
        with st.container(width=300):
            return filter_bar_options.choose(
                field.label,
                labels,
                counts[field.column],
                key=held,
                keeps=False,
                hides_title=True,
                accepts_new=field.kind == "text",
            )

    def _others(self, row: int, rows: Sequence[int]) -> Filters:
        """Return what a record has to agree to besides one row, as of the last run: one thing changes a run."""
        beside = (st.session_state.get(self._key(other, ASKED)) for other in rows if other != row)
        shared = filter_bar_held.held(self.object_type).conditions
        mine = set(filter_bar_held.more(self.object_type).conditions)
        return self._today(
            Filters((), ((*(each for each in shared if each not in mine), *(each for each in beside if each)),))
        )

    def _foot(self, drafted: Filters, offered: int) -> None:
        shared = filter_bar_held.held(self.object_type).conditions
        mine = set(filter_bar_held.more(self.object_type).conditions)
        whole = Filters((*(each for each in shared if each not in mine), *drafted.conditions), drafted.groups)
        zone = self.view.account.time_zone
        count = int(select(self.fields.frame, self._today(whole), zone).mask.sum())
        missing = len(self.view.portal.properties.get(self.object_type, ())) - offered
        if missing > 0:
            st.markdown(f":small[:gray[{_missing(missing)}]]")
        label = f"Show {words.counted(count, self.object_type)}"
        if st.button(label, key=key(self.object_type, "draft_apply")):
            filter_bar_held.hold_more(self.object_type, drafted)
            st.rerun()

    def _today(self, filters: Filters) -> Filters:
        return filters.on(Calendar(state.now(), self.view.account.time_zone).today)

    def _key(self, row: int, name: str) -> str:
        return filter_bar_draft.row_key(self.object_type, row, name)


def _named(field: Field) -> str:
    """Return HubSpot's label of a property, with its group, so that a search finds both."""
    return one_line(f"{field.label} · {field.group}" if field.group else field.label)


def _missing(count: int) -> str:
    return f"{words.number(count)} more properties are hidden in HubSpot or not loaded, so they can't be filtered."


def _text(held: str) -> str:
    return st.text_input("Text", key=held, label_visibility="collapsed", placeholder="Text", width=300) or ""


def _number(held: str) -> float | None:
    return st.number_input(
        "Number", value=None, format="%.15g", key=held, label_visibility="collapsed", placeholder="Number", width=145
    )


def _day(held: str) -> Any:
    return st.date_input(
        "Day",
        value=None,
        min_value=EARLIEST,
        max_value=LATEST,
        format="DD/MM/YYYY",
        key=held,
        label_visibility="collapsed",
        width=300,
    )


def _days(held: str) -> Any:
    # Not as `value`: a condition may have set the days already.
    st.session_state.setdefault(held, ())
    days = st.date_input(
        "From and to",
        min_value=EARLIEST,
        max_value=LATEST,
        format="DD/MM/YYYY",
        key=held,
        label_visibility="collapsed",
        width=300,
    )
    return days if isinstance(days, tuple) and len(days) == 2 else None


def _span(held: str) -> Any:
    options = list(dict.fromkeys((*_SPANS, *filter(None, [st.session_state.get(held)]))))
    return st.selectbox("Span", options, format_func=_span_label, key=held, label_visibility="collapsed", width=300)


def _span_label(span: str) -> str:
    is_counted = any(map(str.isdigit, span))  # "the last 7 days", but "last week"
    return f"{'the ' if is_counted else ''}{span.replace('-', ' ')}"


_EDITORS: Mapping[Editor, Callable[[str], Any]] = {
    "text": _text,
    "number": _number,
    "numbers": lambda held: (_number(f"{held}.low"), _number(f"{held}.high")),
    "day": _day,
    "days": _days,
    "span": _span,
    "none": lambda _held: True,
}
