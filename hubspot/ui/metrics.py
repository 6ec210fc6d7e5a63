"""Prometheus metrics, served on a port of their own where DASHBOARD_METRICS_PORT says so.

Nothing is counted for them: they read, when they are asked, what the rooms count anyway. Only how long a run of the
script took is noted here. No label can take a value that somebody outside chooses.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from streamlit import runtime
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY

from hubspot.api.traffic import TRAFFIC
from hubspot.errors import HubSpotError
from hubspot.settings import Settings
from hubspot.ui import limits, logs, services, state

LOG = logging.getLogger(__name__)
_PREFIX = "hubspot_dashboard"
# A label of its own for each portal in use, up to here; beyond, the oldest copies are the ones to know of.
_MOST_PORTALS = 100
_BUCKETS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class Timing:
    """One run of the script: when it began, and its page; empty where it was none, as a return from HubSpot."""

    page: str = ""
    began: float = field(default_factory=time.perf_counter)


@dataclass(slots=True)
class _Served:
    rerun_seconds: Histogram | None = None


_served = _Served()


def start(given: Settings) -> None:
    """Serve the metrics, once per process; a port that is taken is logged, for the pages do without."""
    if not given.metrics_port or _served.rerun_seconds:
        return
    registry = CollectorRegistry()
    registry.register(Figures())
    ProcessCollector(registry=registry)
    try:
        start_http_server(given.metrics_port, addr=given.metrics_address, registry=registry)
    except OSError as error:
        where = {"address": given.metrics_address, "port": given.metrics_port, "error": error.strerror or "unknown"}
        LOG.error("metrics can't be served at %(address)s, port %(port)s: %(error)s", where)
        return
    _served.rerun_seconds = Histogram(
        f"{_PREFIX}_rerun_seconds", "How long whole runs of a page took.", ["page"], buckets=_BUCKETS, registry=registry
    )
    LOG.info(
        "metrics are served at %(address)s, port %(port)s",
        {"address": given.metrics_address, "port": given.metrics_port},
    )


@contextmanager
def timed() -> Iterator[Timing]:
    """Take the time of a run of the script, however it ends; `page` is set on what this yields."""
    timing = Timing()
    try:
        yield timing
    finally:
        if _served.rerun_seconds and timing.page:
            _served.rerun_seconds.labels(timing.page).observe(time.perf_counter() - timing.began)


class Figures(Collector):
    """What the rooms of this process have counted, as it is when somebody asks."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; those of loads and copies from the first visit on."""
        yield _counted("requests", "Requests to HubSpot.", ("route", "status"), TRAFFIC.requests)
        yield _counted("throttled", "Answers of 429, by HubSpot's policy.", ("policy",), TRAFFIC.throttled)
        yield _counted("token_refreshes", "Renewals of access tokens.", ("outcome",), TRAFFIC.refreshes)
        yield _counted("refused", "What was refused, by the bound that it passed.", ("bound",), limits.REFUSED)
        yield GaugeMetricFamily(f"{_PREFIX}_sessions", "Tabs that are open.", value=_sessions())
        if services.is_built():
            yield from _loads()
            yield _ages()


def _loads() -> Iterator[Metric]:
    counts = services.services().jobs.counts.copy()
    yield _counted("loads", "Loads that ended.", ("kind", "outcome"), counts.ended)
    yield _counted("load_seconds", "How long loads took, in sum.", ("kind", "outcome"), counts.seconds)
    yield _counted("records_loaded", "Records read by loads that ended.", ("object_type",), counts.records)


def _ages() -> Metric:
    ages = GaugeMetricFamily(
        f"{_PREFIX}_snapshot_age_seconds", "Age of the stored copies of portals in use.", labels=["portal"]
    )
    found = sorted(((_age(hub_id), hub_id) for hub_id in services.known_portals()), reverse=True)
    for age, hub_id in found[:_MOST_PORTALS]:
        if age >= 0:
            ages.add_metric([logs.pseudonym(hub_id)], age)
    return ages


def _age(hub_id: int) -> float:
    """Return how many seconds ago a portal's copy was loaded, -1 without one."""
    try:
        copy = services.services().snapshots.latest(hub_id)
    except HubSpotError:
        return -1
    return max(0.0, (state.now() - copy.loaded_at).total_seconds()) if copy else -1


def _sessions() -> float:
    if not runtime.exists():
        return 0
    family = runtime.get_instance().stats_mgr.get_stats([ACTIVE_SESSIONS_FAMILY]).get(ACTIVE_SESSIONS_FAMILY, ())
    return float(sum(getattr(stat, "value", 0) for stat in family))


def _counted(name: str, words: str, labels: tuple[str, ...], counts: Mapping[Any, float]) -> Metric:
    """Return a counter of counts by the value of the one label, or by a tuple of the labels' values."""
    metric = CounterMetricFamily(f"{_PREFIX}_{name}", words, labels=labels)
    for values, count in counts.items():
        metric.add_metric([values] if isinstance(values, str) else list(values), count)
    return metric
