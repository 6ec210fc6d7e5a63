import asyncio

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from hubspot.ui import limits
from hubspot.ui.limiter import Limiter

SOCKET = {"type": "websocket", "path": "/_stcore/stream", "headers": [], "client": ("192.0.2.1", 1)}
CAN_REFUSE = {**SOCKET, "extensions": {"websocket.http.response": {}}}


def test_nothing_is_uploaded_and_streamlits_counts_are_closed(app):
    before = limits.REFUSED["closed"]

    assert [asked("PUT", "/_stcore/upload_file/a/b"), asked("GET", "/_stcore/metrics")] == [404, 404]
    assert asked("GET", "/_stcore/health") == "passed on"
    assert limits.REFUSED["closed"] == before + 2


def asked(method, path):
    """Return the status of a refusal, or that the request was passed on."""
    sent = []

    async def behind(_scope, _receive, _send):
        sent.append({"status": "passed on"})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "client": ("192.0.2.1", 1)}
    asyncio.run(Limiter(behind)(scope, None, send))
    return sent[0]["status"]


def test_a_browser_that_asks_too_often_waits_while_others_do_not():
    now = [0.0]
    minute = limits.Minute(of_browser=2, of_process=5, clock=lambda: now[0])

    assert [minute.allows("a") for _ in range(3)] == [True, True, False]
    assert [minute.allows(each) for each in "bbcd"] == [True, True, True, False]
    now[0] = limits.MINUTE
    assert minute.allows("a")


def test_sockets_are_bounded_by_browser_and_in_all_and_places_come_back():
    sockets = limits.Sockets(of_browser=2, of_process=3)

    assert [sockets.enter(each) for each in "aaabc"] == [True, True, False, True, False]
    sockets.leave("a")
    assert sockets.enter("c")


def test_a_socket_too_many_is_told_when_to_come_again(app):
    async def served():
        held, sent = asyncio.Event(), []

        async def behind(_scope, _receive, _send):
            await held.wait()

        async def send(message):
            sent.append(message)

        limiter = Limiter(behind)
        tabs = [asyncio.create_task(limiter(SOCKET, None, send)) for _ in range(limits.SOCKETS_OF_BROWSER)]
        await asyncio.sleep(0)
        await limiter(CAN_REFUSE, None, send)
        held.set()
        await asyncio.gather(*tabs)
        return sent

    start = next(each for each in asyncio.run(served()) if each["type"].endswith("response.start"))
    assert start["status"] == 503
    assert (b"retry-after", str(limits.RETRY_SECONDS).encode()) in start["headers"]


def test_a_frame_that_is_too_long_ends_its_tab(app):
    assert heard([b"x" * limits.FRAME_BYTES]) == (["websocket.receive"], [])
    assert heard([b"x" * (limits.FRAME_BYTES + 1)]) == (["websocket.disconnect"], [1009])


def heard(frames):
    """Return what Streamlit is given of these frames, and the codes that the socket was closed with."""
    given, closed = [], []

    async def behind(_scope, receive, _send):
        given.append((await receive())["type"])

    async def receive():
        return {"type": "websocket.receive", "bytes": frames[0]}

    async def send(message):
        closed.append(message["code"])

    asyncio.run(Limiter(behind)(SOCKET, receive, send))
    return given, closed


def test_first_runs_wait_for_each_other(app):
    finished = ForwardMsg(script_finished=0).SerializeToString()

    async def served():
        running, most, full, go_on = [], [], asyncio.Event(), asyncio.Event()

        async def behind(_scope, receive, send):
            await receive()
            running.append(1)
            most.append(len(running))
            if len(running) >= limits.FIRST_RUNS:
                full.set()
            await go_on.wait()
            running.pop()
            await send({"type": "websocket.send", "bytes": finished})

        async def receive():
            return {"type": "websocket.receive", "bytes": b""}

        async def send(_message):
            pass

        limiter = Limiter(behind)
        tabs = [asyncio.create_task(limiter(SOCKET, receive, send)) for _ in range(limits.FIRST_RUNS * 3)]
        await full.wait()
        go_on.set()
        await asyncio.gather(*tabs)
        return most

    most = asyncio.run(served())
    assert len(most) == limits.FIRST_RUNS * 3
    assert max(most) == limits.FIRST_RUNS
