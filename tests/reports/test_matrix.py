"""Every state of a report meets every event: it ends where the table of `portal.reports` says, or is refused and
nothing changes. After each the seals hold, and what was sealed before reads as before."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

import portal.reports
from portal.calls.models import Visit
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.reports import operations as reports
from portal.reports.models import (
    HandOver,
    PublicLink,
    Report,
    ReportSignature,
    Review,
    Survey,
    newest_report,
    survey_of,
)
from portal.reports.operations.handing import Signer
from portal.reports.operations.signing import Mark
from portal.signing.checks import audit
from portal.signing.models import SealedDocument
from portal.visits import operations as visits
from portal.visits.models import Finding
from tests.conftest import ENGINES, LONG
from tests.reports.steps import finished, handed_over, signed
from tests.visits.steps import DIAGNOSIS, picture

# What each event does is tried on both databases by `test_operations.py`; that the table holds knows of none.
pytestmark = pytest.mark.engine(*(ENGINES if LONG else ("sqlite",)))
OWNER = Signer("甲示例", "owner")
NAME = Mark(typed_name="甲示例")


def table() -> dict[tuple[str, str], str]:
    """(state, event) → the state that follows, or `-`."""
    lines = [line.split() for line in (portal.reports.__doc__ or "").splitlines() if line.startswith("    ")]
    events = lines[0][1:]
    return {(row[0], event): after for row in lines[1:] for event, after in zip(events, row[1:], strict=True)}


TABLE = table()


def unsigned(world: Any, visit: Visit) -> Report:
    return reports.end_unsigned(
        visit, absence="absent", reason="敲门无人应", photo=picture(), person=world.person("zhang")
    )


def by_link(world: Any, report: Report) -> None:
    """A link is made and the customer signs by it, after the survey if nobody has answered it yet."""
    link = reports.issue_link(
        report, signer_name=OWNER.signer_name, signer_role="owner", locale="zh_Hans", person=world.person("zhao")
    )
    if survey_of(report.visit) is None:
        reports.answer_by_link(link, None)
    reports.sign_by_link(link, NAME, OWNER)


def state_of(visit: Visit) -> str:
    newest = newest_report(visit)
    if newest is None:
        return {"finished": "ready"}.get(visit.state, visit.state)
    if newest.erased:
        return "erased"
    if newest.void:
        return {"returned": "void-again", "cancelled": "void-closed"}[visit.state]
    return visit.state


def set_up(world: Any, state: str) -> Visit:
    """A visit whose report stands so, made by the verbs alone."""
    zhao = world.person("zhao")
    if state == "ready":
        return finished(world)
    if state == "unsigned":
        return unsigned(world, finished(world)).visit
    report = signed(world)
    if state == "returned":
        reports.return_report(report, items=["findings"], note="写明噪音来源", person=zhao)
    elif state in ("approved", "erased"):
        reports.approve(report, person=zhao)
    elif state.startswith("void"):
        reports.void_report(report, reason="签错了人", again=state == "void-again", person=zhao)
    if state == "erased":
        reports.erase_report(report, reason="客户依法要求", person=world.person("he"))
    return report.visit


def edit(world: Any, visit: Visit) -> None:
    visits.save_findings(visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)


def re_sign(world: Any, visit: Visit) -> None:
    given = handed_over(world, visit)
    if survey_of(visit) is None:
        reports.answer_survey(given, None)
    reports.sign_report(given, NAME)


def late(world: Any, visit: Visit) -> None:
    by_link(world, unsigned(world, visit))


def to_report(verb: Callable[[Any, Report], Any]) -> Callable[[Any, Visit], None]:
    """A verb about the newest report; a visit without one has nothing to do it to."""

    def happen(world: Any, visit: Visit) -> None:
        report = newest_report(visit)
        if report is None:
            raise Conflict("there is no report yet")
        verb(world, report)

    return happen


EVENTS: dict[str, Callable[[Any, Visit], None]] = {
    "edit": edit,
    "return": to_report(
        lambda world, report: reports.return_report(report, items=["time"], note="核对", person=world.person("zhao"))
    ),
    "correct": to_report(
        lambda world, report: reports.correct_report(report, items=["time"], note="核对", person=world.person("zhao"))
    ),
    "approve": to_report(lambda world, report: reports.approve(report, acknowledged=True, person=world.person("zhao"))),
    "void": to_report(
        lambda world, report: reports.void_report(report, reason="签错了人", again=True, person=world.person("zhao"))
    ),
    "close": to_report(
        lambda world, report: reports.void_report(report, reason="重复了", again=False, person=world.person("zhao"))
    ),
    "re-sign": re_sign,
    "link": to_report(by_link),
    "late": late,
    "erase": to_report(
        lambda world, report: reports.erase_report(report, reason="客户依法要求", person=world.person("he"))
    ),
}


def counts(visit: Visit) -> tuple[Any, ...]:
    """What a refused event must leave alone."""
    tables: tuple[Any, ...] = (
        SealedDocument, Report, ReportSignature, Survey, Review, PublicLink, HandOver, Finding,
    )  # fmt: skip
    numbers = tuple(db.session.scalar(select(func.count()).select_from(table)) for table in tables)
    newest = newest_report(visit)
    return (*numbers, visit.state, visit.to_mend, visit.mend_note, newest.signed if newest else None)


def sealed() -> dict[int, tuple[str, str, str]]:
    query = select(SealedDocument.n, SealedDocument.content, SealedDocument.evidence, SealedDocument.link)
    return {row.n: (row.content, row.evidence, row.link) for row in db.session.execute(query)}


def happens(event: str, world: Any, visit: Visit) -> bool:
    """Whether the event took effect; a refused one is rolled back as a form does it."""
    savepoint = db.session.begin_nested()
    try:
        EVENTS[event](world, visit)
        savepoint.commit()
    except Rejected:
        savepoint.rollback()
        db.session.expire_all()
        return False
    return True


def test_the_table_is_whole() -> None:
    states = {state for state, _event in TABLE}
    assert len(TABLE) == 80 and {event for _state, event in TABLE} == set(EVENTS)
    assert set(TABLE.values()) - {"-"} <= states


@pytest.mark.parametrize(("state", "event"), TABLE, ids="-".join)
def test_a_report_ends_where_the_table_says(world: Any, state: str, event: str) -> None:
    visit = set_up(world, state)
    db.session.commit()
    assert state_of(visit) == state
    before, papers = counts(visit), sealed()
    took_effect = happens(event, world, visit)
    db.session.commit()
    db.session.expire_all()
    wanted = TABLE[state, event]
    assert took_effect is (wanted != "-")
    if not took_effect:
        assert counts(visit) == before and state_of(visit) == state
    else:
        assert state_of(visit) == wanted
    after = sealed()
    if event != "erase" or not took_effect:
        assert {n: after[n] for n in papers} == papers
    else:
        number = newest_report(visit).number  # type: ignore[union-attr]
        assert {after[n][:2] for n in numbered(number, papers)} == {("", "")}
        assert {n: after[n][2] for n in papers} == {n: paper[2] for n, paper in papers.items()}
    assert audit() == []


def numbered(number: str, papers: dict[int, Any]) -> list[int]:
    query = select(SealedDocument.n).where(SealedDocument.number == number, SealedDocument.n.in_(papers))
    return list(db.session.scalars(query))


@pytest.mark.parametrize("event", ["void", "close", "erase", "re-sign"])
def test_a_link_that_was_sent_before_does_not_sign_what_came_after(world: Any, event: str) -> None:
    visit, zhao = set_up(world, "unsigned"), world.person("zhao")
    report = newest_report(visit)
    assert report is not None
    link = reports.issue_link(report, signer_name="甲示例", signer_role="owner", locale="en", person=zhao)
    reports.answer_by_link(link, None)
    if event == "erase":
        reports.approve(report, acknowledged=True, person=zhao)
    elif event == "re-sign":
        reports.return_report(report, items=["findings"], note="写明噪音来源", person=zhao)
    EVENTS[event](world, visit)
    db.session.commit()
    with pytest.raises(Conflict):
        reports.sign_by_link(link, NAME, OWNER)
    assert not report.signed and report.signatures == []


def test_a_corrected_report_is_signed_again_and_the_approved_one_reads_as_before(world: Any) -> None:
    visit = set_up(world, "approved")
    first = newest_report(visit)
    assert first is not None
    EVENTS["correct"](world, visit)
    words = first.document.content
    re_sign(world, visit)
    db.session.commit()
    second = newest_report(visit)
    assert second is not None and (second.revision, second.number) == (2, first.number)
    assert first.document.content == words and second.reason == "核对"
    assert audit() == []


def test_an_older_revision_that_is_void_changes_nothing_at_the_visit(world: Any) -> None:
    visit = set_up(world, "returned")
    first = newest_report(visit)
    assert first is not None
    re_sign(world, visit)
    reports.void_report(first, reason="签错了人", again=True, person=world.person("zhao"))
    db.session.commit()
    assert (visit.state, visit.to_mend) == ("signed", None)
    assert first.void is not None and newest_report(visit).void is None  # type: ignore[union-attr]
    assert audit() == []
