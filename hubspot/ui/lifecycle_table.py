"""What the tables of the lifecycle share: figures that stay numbers, and the records behind the chosen cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from hubspot.analysis.filters import Filters
from hubspot.analysis.questions import Question
from hubspot.analysis.records import COMPANY_NAME, NAME, STAGE_DAYS, STAGE_ENTERED, STAGE_USUAL_DAYS
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import elements, explore_links, health_table, rows
from hubspot.ui.numbers import EMPTY, count, share
from hubspot.ui.state import View

CHOOSE = "Choose a figure to see and download its records."
_COLUMNS = (NAME, STAGE_DAYS, STAGE_USUAL_DAYS, STAGE_ENTERED, "lifecyclestage", "hubspot_owner_id")
_REST = {
    CONTACTS: (COMPANY_NAME, "hs_analytics_source", "createdate", "email"),
    COMPANIES: ("industry", "hs_analytics_source", "createdate", "domain"),
}
_WIDTH = 92


@dataclass(frozen=True, slots=True)
class Behind:
    """The records behind a cell: what they are, told in plain text, and the question, or the filters that say it."""

    title: str
    question: Question
    filters: Filters | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: its header, what it means, how a figure is written, and how wide it is in pixels."""

    header: str
    help: str
    written: Callable[[float], str] = count
    width: int = _WIDTH


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Figures by the name in the first column, called `name`; `tints` colours cells of their columns.

    A tint is the CSS of a cell by its row, for columns by header.
    """

    name: str
    names: Sequence[str]
    columns: Sequence[Column]
    figures: Mapping[str, pd.Series]
    tints: Mapping[str, Sequence[str]] = field(default_factory=dict)
    name_width: int = 168


def days(number: float) -> str:
    """Return days, with a half where the median lies between two."""
    return f"{number:,.1f}".removesuffix(".0")


def rate(part: float) -> str:
    """Return a share of 0 to 1 in percent."""
    return share(part)


def choose(table: Table, *, key: str, alt: str) -> tuple[int, str] | None:
    """Show a table; return the row and the header of the chosen cell, None where none is chosen."""
    config: dict[str, Any] = {table.name: st.column_config.TextColumn(table.name, width=table.name_width)}
    for each in table.columns:
        config[each.header] = st.column_config.NumberColumn(each.header, help=each.help, width=each.width)
    chosen = health_table.choose(_styled(table), rows=len(table.names), key=key, config=config, alt=alt).cells
    if not chosen or not 0 <= chosen[0][0] < len(table.names):
        return None
    return chosen[0]


def show(view: View, behind: Behind, *, key: str) -> None:
    """Show the records behind a cell, and the page that lists them where filters can say which they are."""
    object_type = behind.question.object_type
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{elements.plain(behind.title)}**", width="content")
        if behind.filters is not None:
            opened = f"Open in {object_type.capitalize()}"
            explore_links.button(view, object_type, behind.filters, key=f"{key}.open", label=opened)
    rows.behind(view, behind.question, columns=(*_COLUMNS, *_REST[object_type]), key=key)


def note(text: str) -> None:
    """Show a definition, in small grey letters."""
    st.markdown(f":small[:gray[{text}]]")


def _styled(table: Table) -> Styler:
    frame = pd.DataFrame({table.name: list(table.names), **table.figures})
    written: dict[Any, Any] = {each.header: each.written for each in table.columns}
    styled = frame.style.format(written, na_rep=EMPTY)
    for header, tints in table.tints.items():
        styled = styled.apply(lambda _, tints=tints: list(tints), subset=[header])
    return styled
