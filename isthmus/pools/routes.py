"""`/api/v1/pools` of the scheduler's HTTP server: what each pool has and needs.

For autoscaling, which is not built yet: no controller asks it.
"""

from typing import Any, Protocol

from distributed import Scheduler
from distributed.http.utils import RequestHandler

from isthmus import names


class Reporter(Protocol):
    """What the route asks of the plugin."""

    def report(self) -> dict[str, Any]: ...


class PoolsHandler(RequestHandler):
    """GET: `{"stats": {...}, "pools": {NAME: PoolReport}}`."""

    def initialize(self, reporter: Reporter) -> None:  # type: ignore[override]  # others need other things
        """Called by tornado for every request, with what `add` gave it."""
        self._reporter = reporter

    def get(self) -> None:
        self.write(self._reporter.report())


def add(scheduler: Scheduler, reporter: Reporter) -> None:
    """The scheduler answers the route from now on, whatever `distributed.scheduler.http.routes` says."""
    scheduler.http_application.add_handlers(".*$", [(names.POOLS_ROUTE, PoolsHandler, {"reporter": reporter})])
