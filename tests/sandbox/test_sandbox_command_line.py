import asyncio
import re
import socket
import subprocess
import sys

import httpx
import pytest

from hubspot.sandbox.__main__ import open_port, read_options
from hubspot.sandbox.faults import KINDS, ROUTES
from tests.running import ROOT, sandbox


def run(*options):
    return subprocess.run(
        [sys.executable, "-m", "hubspot.sandbox", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_prints_one_json_line_when_it_is_ready(tmp_path):
    with sandbox(tmp_path / "log", "--contacts", 50, "--companies", 5, "--today", "2026-11-23") as server:
        ready = server.ready
        token = httpx.post(f"{ready['api_url']}/sandbox/token", trust_env=False)

    assert set(ready) == {"api_url", "authorize_url", "client_id", "client_secret", "hub_id"}
    assert ready["authorize_url"] == f"{ready['api_url']}/oauth/authorize"
    assert token.json()["hub_id"] == ready["hub_id"]
    assert server.text() == ""


@pytest.mark.parametrize(
    "options",
    [
        ["--contacts", "-1"],
        ["--contacts", "many"],
        ["--today", "yesterday"],
        ["--cursor", "page"],
        ["--today", "0001-01-01"],
        ["--nonsense"],
        ["--contact", "5"],
        ["--port", "70000"],
        ["--contacts", "99999999999"],
        ["--companies", "1.5"],
        ["--burst", "²"],
        ["--seed"],
        ["--cursor", ""],
    ],
)
def test_a_bad_option_is_one_sentence_and_exit_2(options):
    done = run(*options)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(".\n")


def test_a_taken_port_is_one_sentence_and_exit_2():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert done.stdout == ""
    assert "another program has it" in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_explains_every_option_route_and_fault():
    text = run("--help").stdout

    described = {line.split()[0].removeprefix("--") for line in text.splitlines() if line.startswith("  --")}
    assert described == {name.replace("_", "-") for name in vars(read_options([]))}
    for word in (*ROUTES, *KINDS):
        assert word in text
    # argparse writes the explanation beside the option or, where the option is long, below it.
    explained = re.findall(r"^  (--[a-z-]+)(?: [A-Z{][^ \n]*)?(?: {2,}|\n {20,})\S+ \S", text, re.MULTILINE)
    assert {name.removeprefix("--") for name in explained} == described


def test_options_reach_the_configuration():
    options = read_options(
        ["--seed", "3", "--token-ttl", "60", "--rotate-refresh-tokens", "--cursor", "opaque", "--no-limits"]
    )

    assert (options.seed, options.token_ttl, options.cursor) == (3, 60, "opaque")
    assert options.rotate_refresh_tokens
    assert options.no_limits
    assert (options.burst, options.search_per_second, options.port) == (110, 5, 8600)


def test_answers_leave_at_once_however_a_client_acknowledges_them():
    async def serve_and_ask():
        sent_at_once = asyncio.get_running_loop().create_future()

        async def look(_reader, writer):
            sent_at_once.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(look, sock=open_port(0)) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.close()
            return await sent_at_once

    assert asyncio.run(serve_and_ask())
