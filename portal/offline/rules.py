"""What a phone's word about its outbox means, and how old unsent work may grow. Standard library only."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LATE, TOO_LATE = timedelta(hours=24), timedelta(hours=72)  # reliability 1.3.9: amber, red
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Outbox:
    """How many entries wait, since when the oldest does by the phone's clock, and whose they are; None and "" when the
    phone does not say."""

    count: int
    oldest: datetime | None
    person: str = ""


def read_waiting(header: str) -> Outbox | None:
    """`n;oldest ISO;person` of the header X-Outbox-Waiting. None for anything else: no form is refused for a header."""
    found = re.fullmatch(r"([0-9]{1,6})(?:;([^;]{0,40}))?(?:;([0-9a-f-]{36}))?", header.strip())
    if found is None:
        return None
    return Outbox(int(found[1]), read_moment(found[2] or ""), found[3] or "")


def read_moment(text: str) -> datetime | None:
    """A moment with its offset, within this century; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo and EARLIEST <= moment < LATEST else None
    except (ValueError, OverflowError):
        return None


def urgency(since: datetime | None, moment: datetime) -> str:
    """ "" · "warn" after a day · "bad" after three: then the phone has to be looked at, because browsers of some phones
    clear what was not used for a week."""
    if since is None or moment - since < LATE:
        return ""
    return "warn" if moment - since < TOO_LATE else "bad"
