"""A text that a page keeps in its address: the order of its table, its columns."""

import streamlit as st

from hubspot.ui import state


def follow(object_type: str, name: str) -> str | None:
    """Return what the address says anew: the page was opened by a link, or the person went back or forward.

    None where it says what this tab wrote there, or nothing because the page was turned.
    """
    told, written = st.query_params.get(name, ""), st.session_state.get(_key(object_type, name))
    is_turned = written is not None and state.is_page_turned()
    return None if told == (written or "") or (is_turned and not told) else told


def tell(object_type: str, name: str, text: str) -> None:
    """Keep a text in the address, beside what else is there; an empty one does not stand there."""
    if text != st.query_params.get(name, ""):
        others = {each: value for each, value in st.query_params.to_dict().items() if each != name}
        st.query_params.from_dict({**others, name: text} if text else others)
    st.session_state[_key(object_type, name)] = text


def _key(object_type: str, name: str) -> str:
    return f"{object_type}.{name}.address"
