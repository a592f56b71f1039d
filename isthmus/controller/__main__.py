"""`python3 -m isthmus.controller --namespace NS`: the controller of one site, logging to stderr."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from isthmus.controller.connect import connect
from isthmus.controller.main import run
from isthmus.controller.redact import RedactingFilter
from isthmus.errors import IsthmusError
from isthmus.names import CONTROLLER_HTTP_PORT


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 after SIGTERM, 1 with one sentence on stderr if the controller cannot work."""
    parser = argparse.ArgumentParser(prog="python3 -m isthmus.controller", description="The Dask controller of a site.")
    parser.add_argument("--namespace", action="append", required=True, help="namespace to look after; may be repeated")
    parser.add_argument(
        "--port", type=int, default=CONTROLLER_HTTP_PORT, help="port of /healthz (default: %(default)s)"
    )
    parser.add_argument("--verbose", action="store_true", help="log what kopf does, too")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    for handler in logging.root.handlers:
        handler.addFilter(RedactingFilter())
    # kopf tells of every event that it hands over; its warnings are what an operator of ours wants to read.
    logging.getLogger("kopf").setLevel(logging.DEBUG if options.verbose else logging.WARNING)
    # Until kopf takes over the signals: as process 1 of a container we would not hear SIGTERM at all.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        asyncio.run(run(connect(), options.namespace, port=options.port))
    except IsthmusError as error:
        logging.getLogger("isthmus.controller").error("cannot work: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
