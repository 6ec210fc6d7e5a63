"""What every test may use, and the rule for tests whose program is not on this machine.

Such a test is skipped with a sentence that names what to install; with CI set, that is a failure.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The one that has no window does the same with a tenth less work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
NEEDED = {
    "redis": (
        shutil.which("redis-server"),
        "redis-server is not installed: apt install redis-server, or brew install redis",
    ),
    "nginx": (shutil.which("nginx"), "nginx is not installed: apt install nginx-light, or brew install nginx"),
    "shellcheck": (
        shutil.which("shellcheck"),
        "shellcheck is not installed: apt install shellcheck, or brew install shellcheck",
    ),
    "clients": (
        (Path(sys.prefix) / "clients").exists() or None,
        "the clients that others wrote are not installed: run the tests with make test",
    ),
    "browser": (CHROMIUM, "Chromium is not installed: apt install chromium, or brew install chromium"),
}

# How long an example takes is a matter of the machine. `make soak` looks much longer for a counterexample.
settings.register_profile("short", deadline=None)
settings.register_profile("soak", max_examples=3000, deadline=None)
settings.load_profile("soak" if os.environ.get("SOAK") else "short")


def pytest_xdist_auto_num_workers():
    """One worker a processor, and one more since most tests wait; four at most."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_collection_modifyitems(items):
    """Spread the files that drive a browser: side by side they fight for processors, while most others wait."""
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    driving = [path for path, tests in files.items() if tests[0].get_closest_marker("browser")]
    others = [path for path in files if path not in driving]
    # They take the longest, so the last of them begins when half of the others are done.
    step = len(others) / (2 * len(driving) or 1)
    places = {path: place for place, path in enumerate(others)}
    places |= {path: step * number for number, path in enumerate(driving)}
    items.sort(key=lambda item: places[item.path])


def pytest_runtest_setup(item):
    for marker, (program, sentence) in NEEDED.items():
        if program is None and item.get_closest_marker(marker):
            if os.environ.get("CI"):
                pytest.fail(f"skipped in CI: {sentence}", pytrace=False)
            pytest.skip(sentence)


def pytest_terminal_summary(terminalreporter):
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    for reason in sorted(set(reasons)):
        terminalreporter.write_line(f"Not run ({reasons.count(reason)} tests): {reason}.")


@pytest.fixture(scope="session")
def chromium():
    return CHROMIUM
