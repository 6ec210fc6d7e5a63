"""What people arranged for themselves: a person's own settings of a portal, and views that a link leads to."""

import base64
import json
import time
from typing import Any

from hubspot.connections.engine import Store
from hubspot.connections.records import Account, account_key, portal_key
from hubspot.errors import Tampered
from hubspot.keyring import KeyRing

_DAY_MILLISECONDS = 24 * 3600 * 1000
VIEW_DAYS = 180
# Some 2 MB a portal at 1 KB a view; nobody shares more links than that in half a year.
VIEWS_OF_PORTAL = 2000
_VIEW_MILLISECONDS = VIEW_DAYS * _DAY_MILLISECONDS
_ID_BYTES = 16


class Preferences:
    """Sealed JSON values.

    A person's own end with the grant, and `keep_days` after the last was written unless somebody opened the portal
    since; views after 180 days, and with the portal.
    """

    def __init__(self, store: Store, keyring: KeyRing, *, keep_days: int = 30) -> None:
        self._store, self._keyring, self._keep_days = store, keyring, keep_days

    def get(self, account: Account, name: str) -> Any:
        """Return a person's own value, None where there is none. Raises StoreError or KeyMissing."""
        key = account_key(self._store, account, "preferences")
        with self._store.answering() as client:
            sealed = client.hget(key, name)
        return self._opened(f"{key}:{name}", sealed)

    def put(self, account: Account, name: str, value: Any) -> None:
        """Keep a value that JSON can hold; `name` is stored in clear. Raises StoreError."""
        key = account_key(self._store, account, "preferences")
        with self._store.answering() as client:
            pipeline = client.pipeline()
            pipeline.hset(key, name, self._sealed(f"{key}:{name}", value))
            pipeline.pexpire(key, self._keep_days * _DAY_MILLISECONDS)
            pipeline.execute()

    def keep_view(self, hub_id: int, view: Any) -> str:
        """Keep a view of a portal for a link; return its id, the same for an equal view. Raises StoreError.

        The id is signed, so that nobody finds by trying whether something was looked for. Beyond `VIEWS_OF_PORTAL` the
        one that was kept longest ago goes.
        """
        content = json.dumps(view, sort_keys=True).encode()
        mark = self._keyring.sign(content, f"view of {hub_id}")[-_ID_BYTES:]
        view_id = base64.urlsafe_b64encode(mark).decode().rstrip("=")
        key, kept = self._view_key(hub_id, view_id), portal_key(self._store, hub_id, "views")
        with self._store.answering() as client:
            if not client.pexpire(key, _VIEW_MILLISECONDS):
                client.set(key, self._sealed(key, view), px=_VIEW_MILLISECONDS)
            client.zadd(kept, {view_id: time.time()})
            client.pexpire(kept, _VIEW_MILLISECONDS)
            for oldest in client.zrange(kept, 0, -VIEWS_OF_PORTAL - 1):
                client.delete(self._view_key(hub_id, oldest.decode()))
                client.zrem(kept, oldest)
        return view_id

    def view(self, hub_id: int, view_id: str) -> Any:
        """Return a view, None where it is unknown or belongs to another portal. Raises StoreError or KeyMissing."""
        key = self._view_key(hub_id, view_id)
        with self._store.answering() as client:
            sealed = client.get(key)
        return self._opened(key, sealed)

    def _view_key(self, hub_id: int, view_id: str) -> str:
        return portal_key(self._store, hub_id, f"view:{view_id}")

    def _sealed(self, context: str, value: Any) -> bytes:
        return self._keyring.seal(json.dumps(value).encode(), context)

    def _opened(self, context: str, sealed: bytes | None) -> Any:
        if sealed is None:
            return None
        try:
            return json.loads(self._keyring.open(sealed, context))
        except Tampered:
            return None  # a setting is not worth an error page
