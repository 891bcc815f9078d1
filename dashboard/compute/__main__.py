"""The computing processes for several web processes: `python -m dashboard.compute`.

Each web process is then started with the setting `compute` set to the same socket.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from dashboard import server_settings


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal ends it; the settings are those of a server."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = server_settings.from_arguments(arguments, program="python -m dashboard.compute")
    if not settings.compute:
        print("--compute: name the socket at which to listen", file=sys.stderr)
        return 2
    server_settings.use(settings)
    from dashboard.compute.workers import warm_up
    from mandel_core.worker.pool import Pool
    from mandel_core.worker.pool_server import PoolServer

    pool = Pool(settings.pool_limits)
    try:
        server = PoolServer(pool, Path(settings.compute))
    except OSError as error:
        pool.close()
        print(f"{settings.compute}: {error}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: ended.set())
    threading.Thread(target=server.serve, name="serve", daemon=True).start()
    warm_up(pool)
    logging.info("Computing for whoever asks at %s", settings.compute)
    ended.wait()
    server.close()
    pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
