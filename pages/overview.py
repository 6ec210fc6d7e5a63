import streamlit as st

from hubspot.ui import frame, overview

view = frame.enter("overview")

with frame.title_row("Overview"), st.container(horizontal=True, vertical_alignment="center", width="content"):
    overview.freshness(view)
    grain = st.segmented_control(
        "Grain",
        list(overview.GRAINS),
        default="Weeks",
        required=True,
        key="grain",
        bind="query-params",
        label_visibility="collapsed",
    )
frame.require_records(view)
if overview.tell_empty(view):
    st.stop()
found = overview.answers(view, grain)

overview.numbers(found, is_partial=view.is_partial)
overview.movement(found, grain, is_partial=view.is_partial)
overview.rankings(found)
overview.newest(view, found)
