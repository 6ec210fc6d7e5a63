import streamlit as st

from hubspot.ui import frame, lifecycle, overview

view = frame.enter("lifecycle")

with frame.title_row("Lifecycle"), st.container(horizontal=True, vertical_alignment="center", width="content"):
    overview.freshness(view)
    object_type = lifecycle.choice(view)
frame.require_records(view)
lifecycle.show(view, object_type)
