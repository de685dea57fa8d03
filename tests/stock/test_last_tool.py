"""Six storekeepers hand the same tool to different people in the same moment, each in a process of their own."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from portal import create_app
from portal.db import db
from portal.stock import checks
from portal.stock.tools.models import find_tool, newest_step
from tests.page import Person
from tests.stock.tools import new_tool

HOLDERS = ["zhang", "li", "wu"] * 2


def hand_out(config: dict[str, Any], holder: str, start: Barrier, answers: Any) -> None:
    app = create_app(config)
    with app.app_context():
        keeper = Person(app, "laptop")
        keeper.sign_in("qian")
        start.wait(60)
        page = keeper.post("/tools/GJ-001/hand-outs", {"holder": holder, "due_back": "2099-01-01"})
        answers.put((page.status, page.errors, holder))
        db.session.remove()
        db.engine.dispose()


def test_one_person_gets_the_tool_and_the_others_are_told_who_has_it(
    database_url: str, world: Any, tmp_path: Path
) -> None:
    from tests.databases import settings

    new_tool(world)
    db.session.commit()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.whole"])  # imports once, for all six
    start, answers = context.Barrier(len(HOLDERS)), context.Queue()
    config = settings(database_url, tmp_path)
    people = [context.Process(target=hand_out, args=(config, holder, start, answers)) for holder in HOLDERS]
    for person in people:
        person.start()
    for person in people:
        person.join(90)
    assert [person.exitcode for person in people] == [0] * len(HOLDERS)
    found = sorted(answers.get(timeout=1) for _person in people)
    assert [status for status, _words, _holder in found] == [303] + [422] * (len(HOLDERS) - 1)
    tool = find_tool("GJ-001")
    step = newest_step(tool) if tool else None
    assert step is not None and step.holder is not None and step.holder.username == found[0][2]
    assert all("GJ-001" in words and step.holder.name in words for _status, words, _holder in found[1:])
    assert not checks.audit().problems
