"""The entry point: a server object when imported, the Streamlit script when executed."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from hubspot.ui import logs

    logs.begin()

    from hubspot.ui import web

    app = st.App(__file__, **web.create_settings())
    if __name__ == "__main__":
        app.run()
else:
    from hubspot.ui import frame

    frame.run()
