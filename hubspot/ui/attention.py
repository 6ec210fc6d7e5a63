"""What needs attention: the five findings of data health that cost most, each a link to its rows."""

import streamlit as st

from hubspot.ui import health_answers, health_findings, trouble
from hubspot.ui.state import View

_MOST = 5


def show(view: View) -> None:
    """Show the costliest findings beside the rest of the page; nothing while records still arrive."""
    if not view.is_partial and health_answers.loaded(view):
        _card(view)


# Beside the page's own run, so that nothing waits for the first count after a load.
@st.fragment(parallel=True)
@trouble.guarded
def _card(view: View) -> None:
    with st.container(border=True, gap="xsmall"):
        st.subheader("Needs attention", anchor=False)
        st.markdown(":small[:gray[The findings of Data health that cost the most points of its score]]")
        with st.skeleton(height=150):
            found = health_answers.health(view)
        with st.container(gap="xxsmall"):
            for finding in found.findings[:_MOST]:
                health_findings.link(finding)
        if not found.findings:
            st.markdown(":small[:gray[No check found a record to mend.]]")
