"""Two people over one form: the second one is told what stands now, keeps what was typed, and decides."""

from typing import Any

import pytest

from portal.customers.models import CodeValue, KnownFault
from portal.db import db
from portal.history import HistoryEntry
from portal.i18n import LOCALES
from tests.page import Page

NAMES = {"zh_Hans": "示例", "zh_Hant": "示例", "es": "Muestra"}
FAULT = {"symptom": "TM-S03", "component": "TM-P01", "cause": "C01", "remedy": "A03"}


def branch(_world: Any) -> tuple[str, dict[str, str], str]:
    return "/admin/branches/01", {**NAMES, "en": "Sample", "time_zone": "Asia/Shanghai"}, "hotline"


def code(_world: Any) -> tuple[str, dict[str, str], str]:
    row = db.session.query(CodeValue).filter_by(code="TM-S07").one()
    return f"/admin/codes/symptom/{row.id}", {**NAMES, "position": "3"}, "en"


def fault(_world: Any) -> tuple[str, dict[str, str], str]:
    row = db.session.query(KnownFault).first() or KnownFault(**FAULT, family="TM", position=0)
    db.session.add(row)
    db.session.commit()
    return f"/admin/codes/fault/{row.id}", {**FAULT, "family": "TM", "position": "0"}, "standard_minutes"


def company(_world: Any) -> tuple[str, dict[str, Any], str]:
    return "/admin/company", {**NAMES, "languages": list(LOCALES), "first_language": "zh_Hans"}, "en"


def setting(_world: Any) -> tuple[str, dict[str, str], str]:
    return "/admin/settings/sign_in_message", {**NAMES, "reason": "试"}, "en"


def stands(page: Page) -> str:
    return " ".join(page.one("#meanwhile").get_text(" ").split())


@pytest.mark.parametrize("form", [branch, code, fault, company, setting])
def test_the_second_one_sees_both_states_and_decides(world: Any, sign_in: Any, form: Any) -> None:
    address, fields, name = form(world)
    first, second = sign_in("admin", "laptop"), sign_in("admin", "laptop")
    seen = [one.get(address).value("version") for one in (first, second)]
    assert seen[0] and seen[0] == seen[1]
    assert first.post(address, {**fields, name: "11", "version": seen[0]}).status == 303
    refused = second.post(address, {**fields, name: "22", "version": seen[1]})
    assert refused.status == 409
    assert "11" in stands(refused) and "22" in stands(refused) and "管理员" in stands(refused)
    labels = {cell["data-label"]: cell.get_text() for cell in refused.all("#meanwhile td")}
    assert labels == {"现有内容": "11", "您填写的": "22"}, "also on a phone it says which is which"
    assert refused.value(name) == "22", "nothing typed is lost"
    assert first.get(address).value(name) == "11", "and nothing was written over"
    decided = refused.value("version")
    assert decided != seen[1]
    assert second.post(address, {**fields, name: "22", "version": decided}).status == 303
    assert first.get(address).value(name) == "22"
    verbs = [one.verb for one in db.session.query(HistoryEntry).order_by(HistoryEntry.n)]
    assert len([verb for verb in verbs if verb.startswith(("change_", "correct_", "set_"))]) == 2
