"""Clients that others wrote read a whole portal, unmodified but for the address they are pointed at."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.running import sandbox

CLIENTS = Path(__file__).parent / "clients"
# They have a virtual environment of their own: one's package is called hubspot, as ours is.
PYTHON = Path(sys.prefix) / "clients" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
SIZES = ("--contacts", 25_000, "--companies", 5_000, "--today", "2026-11-23", "--burst", 1_000_000)


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory):
    """A portal of 25,000 contacts, with a token."""
    with sandbox(tmp_path_factory.mktemp("foreign") / "sandbox.log", *SIZES) as server:
        server.token = httpx.post(f"{server.url}/sandbox/token", trust_env=False).json()["access_token"]
        yield server


@pytest.fixture(scope="module")
def truth(hubspot):
    """Live records by object type and id."""
    asked = {"kinds": "record", "properties": "email,lastname,name,domain,hs_object_id,createdate"}
    answer = httpx.get(f"{hubspot.url}/sandbox/truth", params=asked, timeout=60, trust_env=False)
    found = {"contacts": {}, "companies": {}}
    for record in map(json.loads, answer.text.splitlines()):
        if not record["archived"]:
            found[record["object_type"]][record["id"]] = record["properties"]
    return found


@pytest.mark.clients
@pytest.mark.parametrize("client", ["official_sdk", "dlt_rest_client"])
def test_a_client_that_others_wrote_reads_every_record_exactly_once(hubspot, truth, client):
    command = [PYTHON, "-I", str(CLIENTS / f"{client}.py"), hubspot.url, hubspot.token]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()

    for object_type, records in json.loads(done.stdout).items():
        ids = [record_id for record_id, _ in records]
        assert len(ids) == len(set(ids)) == len(truth[object_type]) > 4_900
        for record_id, properties in records:
            told = truth[object_type][record_id]
            assert told.items() <= properties.items()
