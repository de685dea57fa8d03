"""Reports that ended in every way there is, each with a photo of its own: for the tests of seals and proofs."""

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from PIL import Image

from portal import clock
from portal.accounts.models import SignIn
from portal.calls.models import Visit
from portal.db import db
from portal.reports import operations as reports
from portal.reports.models import HandOver, Report
from portal.reports.operations import Mark, Signer
from portal.visits import operations as visits
from tests.reports.steps import ANSWERS, INK, handed_over
from tests.visits.steps import DIAGNOSIS

OWNER = Signer("Renée 样本", "owner")


def shot(number: int) -> bytes:
    """A photo unlike all others."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (40 * number % 256, 90, 200 - 7 * number)).save(out, "JPEG")
    return out.getvalue()


def worked(world: Any, number: int) -> Visit:
    """A finished visit, the `number`th back from now."""
    visit, zhang = world.visit(), world.person("zhang")
    begun = clock.now() - timedelta(minutes=75 + 90 * number)
    visits.depart(visit, person=zhang, occurred_at=begun)
    visits.arrive(visit, person=zhang, occurred_at=begun + timedelta(minutes=15))
    visits.start(visit, person=zhang, occurred_at=begun + timedelta(minutes=15))
    visits.save_findings(visit, person=zhang, note=f"清灰上油 {number}，café", **DIAGNOSIS)
    visits.log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang)
    visits.add_photo(visit, photo=shot(number), label="after", person=zhang)
    visits.finish(visit, person=zhang, occurred_at=begun + timedelta(minutes=75))
    return visit


def take_back(given: HandOver) -> None:
    reports.take_back(given, db.session.get_one(SignIn, given.sign_in_id))


def ordinary(world: Any, number: int = 0, **signer: str) -> Report:
    given = handed_over(world, worked(world, number), **signer)
    reports.answer_survey(given, ANSWERS | {"q_comment": "很好 é"})
    report = reports.sign_report(given, Mark(strokes=INK), remarks="满意")
    take_back(given)
    return report


def revised(world: Any, number: int = 1) -> Report:
    """The second revision; the first stays."""
    first = ordinary(world, number)
    reports.return_report(first, items=["findings"], note="写明噪音来源", person=world.person("zhao"))
    visits.save_findings(first.visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)
    given = handed_over(world, first.visit, revision_reason="补充 é 来源")
    report = reports.sign_report(given, Mark(typed_name="甲示例", witness="李示例"))
    take_back(given)
    return report


def refused(world: Any, number: int = 2) -> Report:
    visit, zhang = worked(world, number), world.person("zhang")
    return reports.end_unsigned(visit, absence="refused", reason="要先问老板", photo=shot(20 + number), person=zhang)


def by_link(world: Any, number: int = 2) -> Report:
    """Refused at the door, signed later on the customer's own phone."""
    report = refused(world, number)
    person = world.person("zhao")
    link = reports.issue_link(report, signer_name="甲示例", signer_role="owner", locale="zh_Hans", person=person)
    reports.answer_by_link(link, None)
    reports.sign_by_link(link, Mark(strokes=INK), OWNER, remarks="收到")
    return report


def on_paper(world: Any, number: int = 3) -> Report:
    return reports.sign_on_paper(
        worked(world, number),
        locale="en",
        signer_name="Ann Sample",
        signer_role="owner",
        photo=shot(30 + number),
        person=world.person("zhang"),
    )


def two_signers(world: Any, number: int = 4) -> Report:
    given = handed_over(world, worked(world, number))
    reports.answer_survey(given, None)
    report = reports.sign_report(given, Mark(strokes=INK))
    agent = Signer("乙代签", "agent", signed_for="丙委托", signer_phone="100 0000 0002")
    reports.co_sign(given, Mark(typed_name="乙代签"), agent)
    take_back(given)
    return report


def voided(world: Any, number: int = 5) -> Report:
    report = ordinary(world, number)
    reports.void_report(report, reason="签错人 é", again=False, person=world.person("zhao"))
    return report


def erased(world: Any, number: int = 6) -> Report:
    report = ordinary(world, number)
    reports.approve(report, person=world.person("zhao"))
    reports.erase_report(report, reason="客户依法要求", person=world.person("he"))
    return report


ENDS: tuple[Callable[..., Report], ...] = (erased, voided, two_signers, on_paper, by_link, revised, ordinary)


def every_end(world: Any) -> None:
    """One report of each, committed."""
    for end in ENDS:
        end(world)
    db.session.commit()
