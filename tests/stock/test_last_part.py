"""Six storekeepers issue the last part in the same moment, each in a process of their own."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from portal import create_app
from portal.db import db
from portal.stock import checks
from tests.page import Person

PEOPLE = 6


def issue_the_last(config: dict[str, Any], start: Barrier, answers: Any) -> None:
    app = create_app(config)
    with app.app_context():
        keeper = Person(app, "laptop")
        keeper.sign_in("qian")
        start.wait(60)
        page = keeper.post("/stock/issues", {"item": "TM-KEY", "quantity": "1", "from": "S1", "to": "VAN-zhang"})
        answers.put((page.status, page.errors))
        db.session.remove()
        db.engine.dispose()


def test_one_gets_the_last_part_and_five_are_told(database_url: str, world: Any, tmp_path: Path) -> None:
    from tests.databases import settings

    db.session.commit()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.whole"])  # imports once, for all six
    start, answers = context.Barrier(PEOPLE), context.Queue()
    work = (settings(database_url, tmp_path), start, answers)
    people = [context.Process(target=issue_the_last, args=work) for _n in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join(90)
    assert [person.exitcode for person in people] == [0] * PEOPLE
    found = sorted(answers.get(timeout=1) for _person in people)
    assert [status for status, _words in found] == [303] + [422] * (PEOPLE - 1)
    assert all("S1" in words and "TM-KEY" in words for _status, words in found[1:])
    assert not checks.audit(more=[]).problems
