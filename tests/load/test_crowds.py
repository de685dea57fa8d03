"""A crowd at the door: slow uploads beside other pages, and many phones that come back at once.

What must hold is that everything is there exactly once and that everybody is answered. How long it takes is measured by
`python -m benchmarks.traffic`, never here.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal import files
from portal.clock import now
from portal.db import db
from portal.receipts import HeldEntry, Receipt
from portal.visits.models import Finding, PartUse, Photo, TimeEntry
from tests.conftest import ENGINES, LONG
from tests.load.conftest import played
from tests.load.crew import DAY, FINDINGS_A_DAY, PARTS_A_DAY, Member, a_day, crew, snapshot
from tests.load.phones import Entry, Phone, digest

UPLOADS, SIZE, RATE = (40, (1600, 1200), 20_000) if LONG else (6, (480, 360), 30_000)  # bytes a second
PHONES = 200 if LONG else 12


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_slow_uploads_arrive_whole_and_once_while_others_are_answered(port: int, world: Any) -> None:
    members = crew(UPLOADS, working=True)
    pictures = [snapshot(number, SIZE) for number in range(UPLOADS)]
    reader = crew(1)[0]
    pages: Counter[tuple[int, bool]] = Counter()

    async def upload(member: Member, picture: bytes) -> tuple[int, int]:
        """The second time as a phone does that lost the answer."""
        phone, entry = Phone(port, member.cookie, member.token), Entry(f"{member.base}/photos", {}, picture)
        answers = (await phone.deliver(entry, RATE)).status, (await phone.deliver(entry)).status
        phone.close()
        return answers

    async def scene() -> list[tuple[int, int]]:
        uploads = [asyncio.create_task(upload(*pair)) for pair in zip(members, pictures, strict=True)]
        phone = Phone(port, reader.cookie, reader.token)
        while not all(task.done() for task in uploads):
            page = await phone.get("/")
            pages[page.status, any(task.done() for task in uploads)] += 1
        phone.close()
        return await asyncio.gather(*uploads)

    assert set(played(scene())) == {(201, 200)}
    assert {status for status, _late in pages} == {200}
    assert pages[200, False] > 0, "nobody was answered while all photos were on their way"
    stored = Counter(db.session.scalars(select(Photo.digest)))
    assert stored == Counter(digest(files.as_photo(picture)[0]) for picture in pictures)


@pytest.mark.engine(*(ENGINES if LONG else ENGINES[:1]))
def test_phones_that_come_back_at_once_bring_everything_once(port: int, world: Any, checked: Any) -> None:
    """Each sends its day in order, again what was refused for load or lost; then the whole day once more."""
    end = now() - timedelta(minutes=1)
    days = [(member, a_day(member.base, end)) for member in crew(PHONES)]

    async def come_back(member: Member, entries: list[Entry]) -> list[int]:
        phone = Phone(port, member.cookie, member.token)
        answers = [(await phone.deliver(entry)).status for entry in entries * 2]
        assert phone.without_advice == 0, "refused for load, and not told when to come again"
        phone.close()
        return answers

    async def scene() -> list[list[int]]:
        return await asyncio.gather(*(come_back(*day) for day in days))

    for answers in played(scene()):
        assert answers[DAY:] == [200] * DAY and set(answers[:DAY]) <= {200, 201}
    assert (count(Receipt), count(HeldEntry)) == (PHONES * DAY, 0)
    assert count(PartUse) == PHONES * PARTS_A_DAY
    assert count(Finding) == PHONES * FINDINGS_A_DAY
    added = select(func.count()).where(TimeEntry.reason == "取件")
    assert db.session.scalar(added) == PHONES
    checked()
