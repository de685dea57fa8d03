"""Starts portal servers in milliseconds: imports everything once, then forks a server for each line it reads.

Run as a process of its own by the kill tests; prints the process id of each server that it starts.
"""

import os
import sys

import portal.server
from portal import config, create_app


def main() -> None:
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            settings = config.from_environment()
            app = create_app(settings)
            os.close(1)
            os.open(os.devnull, os.O_WRONLY)
            portal.server.serve(app, settings["HOST"], settings["PORT"])
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
