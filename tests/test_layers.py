"""The import table of the architecture, held against the code."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GROUND = {"errors", "settings", "keyring", "portal"}
# room -> (rooms of ours it may import, other packages it may import); the standard library is always allowed.
ALLOWED = {
    "errors": (set(), set()),
    "settings": ({"errors"}, set()),
    "keyring": ({"errors"}, {"cryptography"}),
    "portal": ({"errors"}, set()),
    "api": (GROUND, {"httpx", "orjson", "msgspec"}),
    "connections": (GROUND | {"api.oauth"}, {"redis"}),
    "sync": (
        GROUND | {"api", "connections.engine", "connections.leases"},
        {"pandas", "numpy", "pyarrow", "orjson", "tqdm"},
    ),
    "analysis": ({"portal", "errors"}, {"pandas", "numpy", "pyarrow", "rapidfuzz"}),
    "ui": (
        GROUND | {"api", "connections", "sync", "analysis", "sandbox"},
        {"streamlit", "plotly", "starlette", "prometheus_client", "google", "pandas", "numpy", "pyarrow"},
    ),
    "sandbox": (set(), {"starlette", "uvicorn", "numpy", "orjson"}),
    "pages": ({"ui", "analysis", "portal"}, {"streamlit"}),
    "app": ({"ui"}, {"streamlit"}),
}


def sources():
    yield "app", ROOT / "app.py"
    for path in sorted((ROOT / "pages").glob("*.py")):
        yield "pages", path
    for path in sorted((ROOT / "hubspot").rglob("*.py")):
        room = path.relative_to(ROOT / "hubspot").parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path


def imported(path):
    """Every module that a file imports, anywhere in it, as a dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name, room):
    return name == room or name.startswith(f"{room}.")


def name_of(value):
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else None


@pytest.mark.parametrize(("room", "path"), list(sources()), ids=name_of)
def test_a_module_imports_only_what_its_room_may(room, path):
    ours, others = ALLOWED[room]
    if path.name == "__main__.py":
        # A composition root joins rooms, but a command line still opens none of the pages.
        ours = ours | {"api", "sync", "connections"}
    for name in imported(path):
        top = name.split(".")[0]
        if top == "hubspot":
            inner = name.removeprefix("hubspot").removeprefix(".")
            assert is_within(inner, room) or any(is_within(inner, other) for other in ours), f"{room} → {name}"
        elif top not in sys.stdlib_module_names:
            assert top in others, f"{room} → {name}"


def test_every_module_of_the_package_belongs_to_a_room():
    assert {room for room, _ in sources()} <= set(ALLOWED)


def test_the_sandbox_is_mounted_by_the_web_module_alone():
    importers = {
        path.relative_to(ROOT).as_posix()
        for room, path in sources()
        if room != "sandbox"
        for name in imported(path)
        if name.startswith("hubspot.sandbox")
    }

    assert importers <= {"hubspot/ui/web.py"}


def test_pages_hold_no_functions():
    for path in sorted((ROOT / "pages").glob("*.py")):
        kinds = {type(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))}
        assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.Lambda}, path.name


def test_nothing_catches_everything_but_the_frame_of_a_background_job():
    catching = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for _, path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]

    assert {place.split(":")[0] for place in catching} <= {"hubspot/sync/jobs.py", "hubspot/connections/background.py"}
    assert len(catching) <= 2
