"""Data health: the score with its formula, and a tab for each way to look at what is wrong."""

from collections.abc import Callable, Mapping

import streamlit as st

from hubspot.analysis.filters import Filters
from hubspot.analysis.quality.findings import CHECKS, Health, shown_score
from hubspot.ui import (
    duplicate_search,
    duplicates,
    elements,
    files,
    health_activity,
    health_answers,
    health_findings,
    health_missing,
    health_properties,
    trouble,
    words,
)
from hubspot.ui.health_words import FORMULA
from hubspot.ui.state import View

FINDINGS = "Findings"


def tell_partial(view: View) -> bool:
    """Say that the answers come with the last records, where some are still missing; return whether that is so."""
    if not view.is_partial:
        return False
    # The oldest records arrive first, and links after them: every share would be wrong until the last ones.
    st.markdown(":gray[Data health comes with the last records: until then every share would be wrong.]")
    st.skeleton(height=110)
    st.skeleton(height=320)
    return True


# Soon enough that a page which is only looked at never offers a link that has expired.
@st.fragment(run_every=files.LIFETIME_SECONDS / 2)
@trouble.guarded
def report(view: View) -> None:
    """Offer the health report, a file to hand to a colleague."""
    address = files.address(view, view.object_types[0], Filters(), (), file_format="html")
    elements.link("Download report", address, primary=False)


def score(view: View) -> None:
    """Show the score, what was checked, and how the score is made."""
    with st.skeleton(height=150):
        found = health_answers.health(view)
    with st.container(border=True, gap="xsmall"):
        with st.grid(4, min_column_width=120):
            for label, value, explained in _numbers(found):
                st.metric(label, value, help=explained)
        st.markdown(f":small[:gray[{FORMULA}]]")


def _numbers(found: Health) -> tuple[tuple[str, str, str], ...]:
    made = len(CHECKS) - len(found.absent)
    return (
        ("Score of 100", "\N{EN DASH}" if found.score is None else str(shown_score(found.score)), FORMULA),
        ("Findings", words.number(len(found.findings)), f"Of {made} checks, those that found at least one record."),
        ("Without a finding", words.number(len(found.clean)), f"Of {made} checks, those that found no record."),
        ("Not checked", words.number(len(found.absent)), "Checks for which this portal lacks properties or records."),
    )


def tabs(view: View) -> None:
    """Show the tabs; only the open one is computed, and the address names it."""
    shown: Mapping[str, Callable[[View], None]] = {
        FINDINGS: health_findings.show,
        "Missing fields": health_missing.show,
        "Duplicates": duplicates.show,
        "Formatting": health_findings.show_formatting,
        "Orphans": health_findings.show_orphans,
        "Silent": health_activity.show_silent,
        "Properties": health_properties.show,
        "Owners": health_activity.show_owners,
    }
    places = st.tabs(list(shown), key="tab", on_change="rerun", bind="query-params")
    for place, show in zip(places, shown.values(), strict=True):
        if place.open:
            with place:
                show(view)
    # After what is looked at, and in the background: whoever opens its tab next finds it done.
    duplicate_search.search(view)
