"""Worker preload: what a worker sends to another host goes through a slow link.

Hosts are loopback addresses, one for each pool. ISTHMUS_LINK_MBYTES_PER_S megabytes a second for each worker, and
ISTHMUS_LINK_MS milliseconds for each answer.
"""

import asyncio
import os
from typing import Any

from distributed.comm.addressing import get_address_host


def dask_setup(worker: Any) -> None:
    """Called by Dask; puts the link in front of the worker's `get_data`."""
    bytes_per_s = float(os.environ["ISTHMUS_LINK_MBYTES_PER_S"]) * 1e6
    latency_s = float(os.environ["ISTHMUS_LINK_MS"]) / 1e3
    send, one_at_a_time = worker.handlers["get_data"], asyncio.Lock()

    async def get_data(comm: Any, keys: Any, who: str | None = None, serializers: Any = None) -> Any:
        if who and get_address_host(who) != get_address_host(worker.address):
            tasks = worker.state.tasks
            nbytes = sum(tasks[key].get_nbytes() for key in keys if key in tasks)
            async with one_at_a_time:
                await asyncio.sleep(nbytes / bytes_per_s)
            await asyncio.sleep(latency_s)
        return await send(comm, keys, who=who, serializers=serializers)

    worker.handlers["get_data"] = get_data
