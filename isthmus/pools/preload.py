"""`dask scheduler --preload isthmus.pools.preload`: registers the plugin with the catalog of Dask's configuration.

Also for clients (`distributed.client.preload: [isthmus.pools.preload]`), where importing it installs the hook.
"""

from typing import Any

from distributed import Scheduler

from isthmus.pools.plugin import Pools


async def dask_setup(server: Any) -> None:
    """Called by Dask once the server is up; does nothing but on a scheduler."""
    if isinstance(server, Scheduler):
        await server.register_scheduler_plugin(Pools(), idempotent=True)
