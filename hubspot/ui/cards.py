"""What several pages show alike: an empty portal, a chart that can be clicked, and a ranking as bars."""

from collections.abc import Callable, Collection
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from hubspot.analysis.counts import Ranking
from hubspot.analysis.records import NO_VALUE
from hubspot.ui import charts, words
from hubspot.ui.state import View

_BARS = 6


def empty_portal(view: View, nouns: str) -> None:
    """Say that HubSpot has none of these records, and where to bring some in."""
    st.info(
        f"This portal has no {nouns} yet. Create or [import them in HubSpot]"
        f"(https://{view.account.ui_domain}/import/{view.hub_id}), then refresh.",
        icon=":material/inbox:",
    )


def clickable(figure: go.Figure, *, key: str, alt: str, on_click: Callable[[list[Any]], None]) -> None:
    """Show a chart whose marks can be clicked; `on_click` is a callback that takes the mark's custom data."""
    # A clicked mark stays selected, and a second click on it would say nothing: a new chart has no selection.
    clicks = f"{key}.clicks"
    shown = f"{key}.{st.session_state.get(clicks, 0)}"

    def clicked() -> None:
        points = st.session_state[shown].selection.points
        if points:
            st.session_state[clicks] = st.session_state.get(clicks, 0) + 1
            on_click(list(points[0]["customdata"]))

    st.plotly_chart(figure, config=charts.CONFIG, key=shown, alt=alt, on_select=clicked, selection_mode="points")


def ranking(  # noqa: PLR0913 - a chart, what is lit in it, and what a click does
    title: str,
    found: Ranking,
    object_type: str,
    *,
    key: str,
    on_click: Callable[[str], None],
    is_whole: bool = False,
    chosen: Collection[str] = (),
) -> None:
    """Show the most frequent values of a property, or all of them, and how many records the others have.

    Those in `chosen` are lit. `on_click` is a callback that takes the stored value of a bar, NO_VALUE among them.
    """
    shown = found if is_whole else found.top(_BARS, keep=chosen)
    figure = charts.ranked_bars(shown, noun=words.OBJECT_NOUNS[object_type][1], chosen=chosen)
    clickable(figure, key=key, alt=charts.ranked_alt(shown, title), on_click=lambda mark: on_click(str(mark[0])))
    if shown.excluded:
        others = shown.distinct - int((shown.rows["value"] != NO_VALUE).sum())
        st.markdown(
            f":small[:gray[{words.number(shown.excluded)} more in {words.number(others)} other {_values(others)}]]"
        )


def _values(count: int) -> str:
    return "value" if count == 1 else "values"
