"""Starts portal servers in milliseconds: makes the app once, then forks a server for each line it reads.

Run as a process of its own by the kill tests; prints the process id of each server that it starts. No connection to
the database is opened before the fork.
"""

import os
import sys

from sqlalchemy.orm import configure_mappers

import portal.server
from portal import config, create_app


def main() -> None:
    settings = config.from_environment()
    app = create_app(settings)
    configure_mappers()
    child = None
    for _line in sys.stdin:
        if child is not None:
            os.waitpid(child, 0)  # the one that was killed must be gone before its port is taken again
        child = os.fork()
        if child == 0:
            os.close(1)
            os.open(os.devnull, os.O_WRONLY)
            portal.server.serve(app, settings["HOST"], settings["PORT"])
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
