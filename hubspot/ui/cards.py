"""What several pages show alike: an empty portal, and a ranking as bars with what did not fit said beneath."""

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


def ranking(title: str, found: Ranking, object_type: str, *, key: str, is_whole: bool = False) -> None:
    """Show the most frequent values of a property, or all of them, and how many records the others have."""
    shown = found if is_whole else found.top(_BARS)
    st.plotly_chart(
        charts.ranked_bars(shown, noun=words.OBJECT_NOUNS[object_type][1]),
        config=charts.CONFIG,
        key=key,
        alt=charts.ranked_alt(shown, title),
    )
    if shown.excluded:
        others = shown.distinct - int((shown.rows["value"] != NO_VALUE).sum())
        st.markdown(f":small[:gray[{words.number(shown.excluded)} more in {words.number(others)} other values]]")
