"""Portals without a server, and what their records hold."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import orjson

from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.portals import NORTHWIND
from hubspot.sandbox.records import encoded
from tests.sandbox.conftest import TODAY


def portal(facts=NORTHWIND, **changes):
    return Portal(facts, replace(SandboxConfig(contacts=6000, companies=1200, today=TODAY), **changes))


def column(table, name):
    """The values of every record, edits included."""
    (values,) = encoded(table, np.arange(len(table.ids)), [name])
    return [orjson.loads(value) for value in values]


def moments(table, name):
    return [datetime.fromisoformat(text) if text else None for text in column(table, name)]
