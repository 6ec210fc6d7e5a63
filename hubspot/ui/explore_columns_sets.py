"""Sets of columns that a person named, to choose again in the dialog of columns; each portal has its own."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from hubspot.ui import services, trouble
from hubspot.ui.explore_columns_options import known
from hubspot.ui.state import View

_MOST, _MOST_LETTERS = 30, 60


def show(view: View, object_type: str, frame: pd.DataFrame, *, draft: str) -> None:
    """Offer the sets; the chosen one replaces the draft, the columns in the session key `draft`. Raises StoreError."""
    own = _own(view, object_type)
    if not own:
        return
    picked = f"{draft}.set"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = st.selectbox(
            "My column sets",
            list(own),
            index=None,
            key=picked,
            placeholder="My column sets",
            label_visibility="collapsed",
            width=260,
            on_change=_take,
            args=(view, object_type, frame, draft),
        )
        if name in own:
            st.button(
                "Delete this set",
                icon=":material/delete:",
                type="tertiary",
                key=f"{draft}.set.delete",
                on_click=_forget,
                args=(view, object_type, draft),
            )
    if count := st.session_state.get(f"{draft}.set.unknown"):
        nouns = "column of this set is" if count == 1 else "columns of this set are"
        st.markdown(f":small[:gray[{count} {nouns} no longer in this portal, so left out.]]")


def begin(draft: str) -> None:
    """Choose no set, as a dialog begins."""
    for name in ("set", "set.unknown"):
        st.session_state.pop(f"{draft}.{name}", None)


def offer_keeping(view: View, object_type: str, *, draft: str) -> None:
    """Offer to keep the drafted columns under a name; the name of a set that there is replaces it."""
    named = f"{draft}.set.name"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(
            "Save these columns as", key=named, max_chars=_MOST_LETTERS, placeholder="Name of the set", width=260
        )
        st.button("Save set", key=f"{draft}.set.save", on_click=_keep, args=(view, object_type, draft))


@trouble.guarded
def _take(view: View, object_type: str, frame: pd.DataFrame, draft: str) -> None:
    names = _own(view, object_type).get(st.session_state[f"{draft}.set"])
    if names is None:
        return
    found, unknown = known(names, view.portal, object_type, frame)
    st.session_state[draft], st.session_state[f"{draft}.set.unknown"] = list(found[1:]), unknown


@trouble.guarded
def _keep(view: View, object_type: str, draft: str) -> None:
    name, columns = st.session_state[f"{draft}.set.name"].strip(), st.session_state[draft]
    if not name or not columns:
        return
    others = {each: names for each, names in _own(view, object_type).items() if each != name}
    _put(view, object_type, {**others, name: columns})
    st.session_state[f"{draft}.set.name"], st.session_state[f"{draft}.set"] = "", name
    st.session_state[f"{draft}.set.unknown"] = 0


@trouble.guarded
def _forget(view: View, object_type: str, draft: str) -> None:
    gone = st.session_state[f"{draft}.set"]
    _put(view, object_type, {name: names for name, names in _own(view, object_type).items() if name != gone})
    st.session_state[f"{draft}.set"] = None


def _own(view: View, object_type: str) -> dict[str, list[str]]:
    """Return the sets by name, the last kept last; what is not one is left out."""
    stored = services.services().preferences.get(view.grant.account, _name(object_type))
    sets = stored if isinstance(stored, dict) else {}
    return {name: [str(each) for each in names] for name, names in sets.items() if isinstance(names, list)}


def _put(view: View, object_type: str, sets: Mapping[str, Sequence[str]]) -> None:
    newest = dict(list(sets.items())[-_MOST:])
    services.services().preferences.put(view.grant.account, _name(object_type), newest)


def _name(object_type: str) -> str:
    return f"{object_type}.column_sets"
