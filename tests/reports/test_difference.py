"""What changes between two revisions, in the words of the form and in the newer paper's language."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.clock import now
from portal.errors import Rejected
from portal.reports import operations as reports
from portal.reports.content import compose, same_facts
from portal.reports.difference import Difference, differences
from portal.reports.fields import FORM, SIGNED
from portal.reports.models import newest_report
from portal.reports.operations.reviewing import is_as_signed
from portal.signing.operations import content_of
from portal.visits import operations as visits
from portal.visits.models import live_photos, part_uses
from tests.reports.steps import finished, locked_door, picture, signed
from tests.reports.test_matrix import re_sign, unsigned
from tests.visits.steps import DIAGNOSIS


def returned(world: Any) -> Any:
    """A signed report that was given back for everything, and its paper."""
    report = signed(world)
    rows = ["findings", "parts", "time", "photos"]
    reports.return_report(report, items=rows, note="核对", person=world.person("zhao"))
    return report


def change_note(world: Any, visit: Any) -> None:
    visits.save_findings(visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)


def change_cause(world: Any, visit: Any) -> None:
    visits.save_findings(visit, person=world.person("zhang"), note="清灰上油", **(DIAGNOSIS | {"cause": "C99"}))


def add_part(world: Any, visit: Any) -> None:
    visits.log_part_use(visit, item="TM-BELT-1300", quantity=Decimal(1), person=world.person("zhang"))


def take_part_off(world: Any, visit: Any) -> None:
    visits.reverse_part_use(visit, part_uses(visit)[0], "装错了", person=world.person("zhang"))
    visits.state_no_parts(visit, person=world.person("zhang"))


def add_time(world: Any, visit: Any) -> None:
    start, end = now() - timedelta(minutes=200), now() - timedelta(minutes=190)
    visits.log_time(
        visit,
        kind="wait",
        cause="customer",
        started_at=start,
        ended_at=end,
        reason="补记",
        person=world.person("zhang"),
    )


def add_photo(world: Any, visit: Any) -> None:
    visits.add_photo(visit, photo=picture(), label="before", person=world.person("zhang"))


def write_internal_note(world: Any, visit: Any) -> None:
    visits.save_findings(visit, person=world.person("zhang"), note="清灰上油", internal_note="下次带钥匙", **DIAGNOSIS)


def remove_photo(world: Any, visit: Any) -> None:
    visits.remove_photo(visit, live_photos(visit)[0], person=world.person("zhang"))


SIGNED_CHANGES = [change_note, change_cause, add_part, take_part_off, add_time, add_photo, remove_photo]


@pytest.mark.parametrize("change", SIGNED_CHANGES, ids=lambda change: change.__name__)
def test_what_is_signed_cannot_change_without_a_new_signature_and_is_named(world: Any, change: Any) -> None:
    report = returned(world)
    change(world, report.visit)
    assert not is_as_signed(report.visit, report)
    with pytest.raises(Rejected):
        reports.resubmit(report.visit, "改好了", person=world.person("zhang"))
    sealed = content_of(report.document)
    present = compose(report.visit, sealed["language"], revision=2)
    assert differences(sealed, present)
    re_sign(world, report.visit)
    newest = newest_report(report.visit)
    assert newest is not None and newest.revision == 2


def test_an_internal_note_needs_no_new_signature(world: Any) -> None:
    report = returned(world)
    write_internal_note(world, report.visit)
    sealed = content_of(report.document)
    assert differences(sealed, compose(report.visit, sealed["language"], revision=2)) == []
    reports.resubmit(report.visit, "已核对", person=world.person("zhang"))
    assert newest_report(report.visit) is report and report.visit.state == "signed"


def test_a_change_is_told_in_the_words_of_the_form(world: Any) -> None:
    report = returned(world)
    for change in (change_note, add_part, remove_photo):
        change(world, report.visit)
    found = differences(content_of(report.document), compose(report.visit, "zh_Hans", revision=2))
    assert Difference("处理过程", "清灰上油", "噪音来自滚筒") in found
    parts = [one for one in found if one.label == "更换配件"]
    assert len(parts) == 1 and not parts[0].before and parts[0].after.startswith("跑带 TM-BELT-1300 · 1")
    photos = [one for one in found if one.label == "现场照片"]
    assert len(photos) == 1 and not photos[0].after and photos[0].before.startswith("维修后")
    assert [one for one in found if one.label == "目录价合计"] == [Difference("目录价合计", "¥50.00", "¥310.00")]


def test_two_lines_about_one_part_are_one_change(world: Any) -> None:
    report = returned(world)
    visits.reverse_part_use(report.visit, part_uses(report.visit)[0], "数错了", person=world.person("zhang"))
    visits.log_part_use(report.visit, item="TM-OIL-100", quantity=Decimal(3), person=world.person("zhang"))
    found = differences(content_of(report.document), compose(report.visit, "zh_Hans", revision=2))
    parts = [one for one in found if one.label == "更换配件"]
    assert len(parts) == 1 and "· 2 " in parts[0].before and "· 3 " in parts[0].after


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("locale", ["zh_Hant", "en", "es"])
def test_another_language_alone_is_no_change(world: Any, locale: str) -> None:
    visit = signed(world).visit
    sealed = content_of(newest_report(visit).document)  # type: ignore[union-attr]
    assert differences(sealed, compose(visit, locale, revision=2)) == []


@pytest.mark.engine("sqlite")
def test_a_paper_in_another_language_is_told_in_the_new_one(world: Any) -> None:
    report = returned(world)
    change_cause(world, report.visit)
    found = differences(content_of(report.document), compose(report.visit, "en", revision=2))
    assert found == [Difference("Cause", "Lack of lubrication C01", "Undetermined C99")]


@pytest.mark.engine("sqlite")
def test_an_old_paper_without_words_in_other_languages_keeps_its_own(world: Any) -> None:
    report = returned(world)
    old = content_of(report.document)
    for name in ("symptom_code", "failed_component", "cause_code", "remedy_code"):
        del old[name]["labels"]
    present = compose(report.visit, "en", revision=2)
    assert differences(old, present) == []
    changed = old | {"cause_code": {"code": "C77", "label": "其他"}}
    assert differences(changed, present) == [Difference("Cause", "其他 C77", "Lack of lubrication C01")]


def another(name: str, value: Any) -> Any:
    if name == "labour_lines":
        return [{"amount": "5"}]
    if isinstance(value, dict):
        return {"code": "X", "label": "另一"}
    return value + 7 if isinstance(value, int) else [] if isinstance(value, list) else "另一"


@pytest.mark.engine("sqlite")
def test_no_signed_field_can_differ_unnamed(world: Any) -> None:
    """Whatever field of the form is another, the list is not empty."""
    sealed = content_of(signed(world).document)
    unnamed = []
    for name in set(SIGNED[FORM]) - {"technician_ids", "customer_kind", "currency"}:
        other = sealed | {name: another(name, sealed.get(name))}
        if not same_facts(other, sealed) and not differences(sealed, other):
            unnamed.append(name)
    assert unnamed == []


@pytest.mark.engine("sqlite")
def test_nothing_is_compared_with_an_erased_paper(world: Any) -> None:
    visit = finished(world)
    assert differences({}, compose(visit, "en")) == []


def test_a_sealed_report_has_exactly_the_fields_of_its_form(world: Any) -> None:
    by_hand = content_of(signed(world).document)
    absent = content_of(unsigned(world, locked_door(world)).document)
    on_paper = reports.sign_on_paper(
        finished(world, earlier=2),
        locale="en",
        signer_name="甲示例",
        signer_role="owner",
        photo=picture(),
        person=world.person("zhang"),
    )
    for content in (by_hand, absent, content_of(on_paper.document)):
        assert content["form"] == FORM and sorted(content) == sorted(SIGNED[FORM])
