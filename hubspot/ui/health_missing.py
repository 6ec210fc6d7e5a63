"""Missing fields: a coloured table of properties by owner, source, stage or month; each cell opens its rows."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from hubspot.analysis.quality import answers, grid, missing
from hubspot.analysis.quality.grid import By, Grid
from hubspot.analysis.records import COMPANY_NAME, NAME
from hubspot.portal import CONTACTS
from hubspot.ui import (
    choices,
    elements,
    explore_links,
    health_answers,
    health_choice,
    health_table,
    rows,
    state,
    tables,
    words,
)
from hubspot.ui.numbers import EMPTY, share
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

BYS: dict[str, By] = {"Owner": "owner", "Source": "source", "Stage": "stage", "Month created": "month"}
PROPERTY = "Property"
_NOTE = (
    "The share of the records that have no value, and how many those are. Choose a cell to see them. "
    "Months are those of the portal's time zone; the running one is not over."
)
# The accent, laid thinly over the page's own ground: in light and dark the text on it stays readable.
_TINT = "rgba(80, 125, 235, {:.2f})"
_DEEPEST = 0.55


def show(view: View) -> None:
    """Show the table of one object type, and the rows of the chosen cell."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        object_type = health_choice.object_type(view)
        if object_type is None:
            return
        by = BYS[choices.one_of("Split by", BYS, key="by", is_labelled=True)]
        names = _names(view, object_type)
    st.markdown(f":small[:gray[{_NOTE}]]")
    with st.skeleton(height=320):
        found = health_answers.grid(view, object_type, by, names)
    if found is None or not found.properties:
        st.markdown(":gray[Choose at least one property.]")
        return
    _table(view, object_type, by, found)


def _names(view: View, object_type: str) -> Sequence[str]:
    """Return the properties that the person has chosen, those that everybody should fill by default."""
    frame = state.frame(view, object_type)
    defined = view.portal.properties.get(object_type, ())
    labels = {each.name: each.label for each in defined if frame is not None and each.name in frame and not each.hidden}
    chosen = st.popover("Properties", icon=":material/view_column:").multiselect(
        "Properties",
        list(labels),
        default=[name for name in missing.EXPECTED[object_type] if name in labels],
        format_func=lambda name: one_line(labels[name]),
        key=f"health.missing.{object_type}",
        help="Properties that are loaded.",
    )
    return tuple(chosen)


def _table(view: View, object_type: str, by: By, found: Grid) -> None:
    headers = unique(found.labels)
    properties = tables.headers(view.portal, object_type, found.properties)
    names = [properties[name] for name in found.properties]
    shares = pd.DataFrame(found.shares, columns=headers, index=range(len(names)))
    shares.insert(0, PROPERTY, names)
    chosen = health_table.choose(
        _styled(shares, found, headers),
        rows=len(names),
        key=f"health.grid.{object_type}.{by}",
        config={PROPERTY: st.column_config.TextColumn(PROPERTY, width=170)}
        | {
            header: st.column_config.NumberColumn(header, help=words.counted(int(total), object_type), width=104)
            for header, total in zip(headers, found.totals, strict=True)
        },
        alt=f"Share of {words.OBJECT_NOUNS[object_type][1]} without a value, by property and {by}",
    )
    asked = cell(found, headers, chosen.cells)
    if asked is not None:
        _rows(view, object_type, by, *asked, found=found)


def _styled(shares: pd.DataFrame, found: Grid, headers: Sequence[str]) -> Styler:
    styled = shares.style.apply(lambda column: [tint(part) for part in column], subset=list(headers))
    # Each cell says its count, too, which its value does not know.
    for column, header in enumerate(headers):
        for row, name in enumerate(shares.index):
            text = cell_text(float(found.shares[row, column]), int(found.missing[row, column]))
            styled = styled.format(_saying(text), subset=pd.IndexSlice[[name], [header]])
    return styled


def _saying(text: str) -> Callable[[object], str]:
    return lambda _: text


def cell_text(part: float, count: int) -> str:
    """Return what a cell says: 12% · 1,204, or a dash where nothing is missing."""
    return f"{share(part)} · {words.number(count)}" if count else EMPTY


def tint(part: float) -> str:
    """Return the ground of a cell: the deeper, the more is missing."""
    return f"background-color: {_TINT.format(_DEEPEST * part)}" if part > 0 else ""


def unique(labels: Sequence[str]) -> tuple[str, ...]:
    """Return labels as headers of different columns: a repeated one is numbered."""
    told: list[str] = []
    for label in labels:
        plain, number = one_line(label) or EMPTY, 2
        header = plain
        while header in told or header == PROPERTY:
            header, number = f"{plain} ({number})", number + 1
        told.append(header)
    return tuple(told)


def cell(found: Grid, headers: Sequence[str], cells: Sequence[tuple[int, str]]) -> tuple[str, str] | None:
    """Return the property and the bucket of the chosen cell, None where none is; a name stands for all records."""
    if not cells:
        return None
    place, header = cells[0]
    if not 0 <= place < len(found.properties):
        return None
    bucket = headers.index(header) if header in headers else 0
    return found.properties[place], found.stored[bucket]


def _rows(view: View, object_type: str, by: By, name: str, value: str, *, found: Grid) -> None:  # noqa: PLR0913
    label = elements.plain(view.portal.label(object_type, name))
    bucket = elements.plain(found.labels[found.stored.index(value)])
    st.subheader(f"Without {label} · {bucket}", anchor=False)
    filters = grid.cell_filters(name, by=by, value=value)
    if filters is not None:
        opened = f"Open in {object_type.capitalize()}"
        explore_links.button(view, object_type, filters, key="health.missing.open", label=opened)
    context = ("email", COMPANY_NAME) if object_type == CONTACTS else ("domain",)
    columns = tuple(dict.fromkeys((NAME, name, *context, grid.COLUMNS[by], "createdate")))
    question = answers.missing_in(object_type, by=by, name=name, value=value)
    rows.behind(view, question, columns=columns, key="health.missing.rows", file_columns=(name,))
