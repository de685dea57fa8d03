"""Several workers as processes of their own: makes the app once, then forks until there are as many as it is told.

Run by the tests as a fork (`tests.forks`) with their NUMBER; each worker drains the queue and ends, this process too.
No connection to the database is opened before the fork.
"""

import os
import sys

from sqlalchemy.orm import configure_mappers

from portal import create_app, jobs
from portal.worker import Worker


def main() -> None:
    app = create_app()
    jobs.DAILY.clear()  # the tests count the letters alone
    configure_mappers()
    children = []
    for _number in range(int(sys.argv[1]) - 1):
        children.append(os.fork())
        if children[-1] == 0:
            children = []
            break
    ends = Worker(app).drain()
    os.write(1, f"{sum(ends.values())}\n".encode())  # in one piece: the others write as well
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
