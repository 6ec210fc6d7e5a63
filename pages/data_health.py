import streamlit as st

from hubspot.ui import frame, health, overview

view = frame.enter("data_health")

with frame.title_row("Data health"), st.container(horizontal=True, vertical_alignment="center", width="content"):
    overview.freshness(view)
    corner = st.container(width="content")
frame.require_records(view)
if overview.tell_empty(view) or health.tell_partial(view):
    st.stop()

with corner:
    health.report(view)

health.score(view)
health.tabs(view)
