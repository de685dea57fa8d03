"""Tools: the register, by the tool's number. Each new one is registered by the verbs of the tools themselves, because
its first movement brings it into the store; where a tool is afterwards is never imported.

The kind is there as soon as the register is (`portal.stock.tools`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person, PersonRole
from portal.db import db
from portal.errors import Rejected
from portal.i18n import lazy
from portal.importing.columns import Column, Ignored
from portal.importing.kinds.base import CHANGED, NEW, Batch, Line, Plan, Planner, Refused
from portal.importing.kinds.catalogue import NAME_COLUMNS, NAMES, OF_AN_IMPORT, CodeKind
from portal.importing.values import choice, code, day, money, text, whole
from portal.stock.models import Item, Location

REGISTER = "portal.stock.tools"
CATEGORIES = {
    "personal": "个人|个人工具|個人|individual|personal",
    "shared": "公用|公共|共用|common|compartida|común",
    "special": "专用|专用工具|專用|especial",
    "measuring": "计量|计量器具|量具|測量|量測|instrument|medición|instrumento",
}
CATEGORY_WORDS = {
    "personal": lazy("Personal"),
    "shared": lazy("Shared"),
    "special": lazy("Special"),
    "measuring": lazy("Measuring"),
}
OF_REGISTER = (
    "category", "spec", "brand", "maker_serial", "bought_on", "supplier", "calibration_class", "interval_months",
    "laboratory", "note",
)  # fmt: skip
REFUSALS = {  # what the verbs refuse, by their field: the column, and the reason that each reader gets in their language
    "interval_months": ("interval_months", "no_interval"),
    "number": ("code", "number_taken"),
}


class Tools(CodeKind):
    name = "tools"
    columns = (
        Column("code", lazy("Tool number"), "工具编号|工具编码|编号|工具編號|編號|tool no|tool number|code|código|número de herramienta", code(40), needed=True),
        *NAME_COLUMNS,
        Column("category", lazy("Category"), "类别|类别(个人/公用/专用/计量)|类型|類別|tipo|categoría", choice(CATEGORIES), labels=CATEGORY_WORDS),
        Column("spec", lazy("Specification"), "规格型号|规格|型号|規格型號|規格|model|especificación|modelo", text(200)),
        Column("brand", lazy("Brand"), "品牌|厂牌|廠牌|marca", text(80)),
        Column("maker_serial", lazy("Serial number"), "出厂号|出厂编号|序列号|出廠編號|序號|serial no|serial number|serial|número de serie", text(80)),
        Column("bought_on", lazy("Bought on"), "购置日期|购买日期|購置日期|purchase date|fecha de compra", day),
        Column("original_value", lazy("Original value"), "原值|购置原值|单价|價格|value|price|valor original|precio", money),
        Column("supplier", lazy("Supplier"), "供应商|供應商|vendor|proveedor", text(120)),
        Column("calibration_class", lazy("Calibration class"), "管理类别|检定类别|管理類別|class|clase", choice({"A": "", "B": "", "C": ""})),
        Column("interval_months", lazy("Calibrated every, months"), "周期(月)|周期|检定周期|校准周期|週期(月)|校正週期|interval|calibration interval|periodicidad meses|intervalo meses", whole(1, 1200)),
        Column("laboratory", lazy("Laboratory"), "送检单位|检定单位|送檢單位|laboratorio", text(120)),
        Column("note", lazy("Note"), "备注|備註|remarks|notes|nota|observaciones", text(500)),
    )  # fmt: skip
    ignored = (
        Ignored(
            lazy("Where a tool is and its calibrations are facts: record them at the tool."),
            "保管人|保管人/班组|班组|存放位置|位置|状态|數量|数量|負責人|负责人|领用日期|领用人|上次日期|证书号|结果|有效期至|是否计量器具|holder|location|state|status|custodio|ubicación|estado",
        ),
        OF_AN_IMPORT,
    )  # fmt: skip

    def planner(self, *, trial: bool) -> Planner:
        return ToolPlanner(trial=trial)


class ToolPlanner(Planner):
    """Rows are settled one by one by the verbs; a trial takes back what they did, a preview only compares."""

    def look_up(self, lines: Sequence[Line]) -> None:
        self.verbs: Any = import_module(f"{REGISTER}.operations")
        model: Any = import_module(f"{REGISTER}.models").Tool
        codes = {line.said["code"] for line in lines}
        codes |= {number.upper() for number in codes}
        self.items = {item.code: item for item in db.session.scalars(select(Item).where(Item.code.in_(codes)))}
        ids = [item.id for item in self.items.values()]
        self.tools = {tool.item_id: tool for tool in db.session.scalars(select(model).where(model.item_id.in_(ids)))}
        self.store = db.session.scalars(
            select(Location).where(Location.kind == "store").order_by(Location.code)
        ).first()

    def plan(self, lines: Sequence[Line], batch: Batch) -> list[Plan]:
        self.writes = bool(batch.source)
        self.person = keeper(batch) if self.writes else None
        return super().plan(lines, batch)

    def plan_line(self, plan: Plan) -> None:
        said = plan.line.said
        item = self.items.get(said["code"]) or self.items.get(said["code"].upper())
        if item is not None and item.kind != "tool":
            raise Refused("code", "is_a_part")
        tool = self.tools.get(item.id) if item is not None else None
        given = {name: said[name] for name in OF_REGISTER if name in said}
        labels = {locale: said[name] for name, locale in NAMES.items() if name in said}
        if tool is None:
            self.register(plan, said, labels, given)
        else:
            self.correct(plan, tool, labels, given)

    def register(self, plan: Plan, said: Mapping[str, Any], labels: dict[str, str], given: dict[str, Any]) -> None:
        if not labels:
            raise Refused("name_zh_Hans", "new_needs_name")
        if "category" not in given:
            raise Refused("category", "missing")
        if self.store is None:
            raise Refused("", "no_store")
        value = said.get("original_value", Decimal(0))
        self.attempt(self.verbs.register_tool, said["code"], labels, self.store, original_value=value, **given)
        plan.outcome = NEW

    def correct(self, plan: Plan, tool: Any, labels: dict[str, str], given: dict[str, Any]) -> None:
        before = dict(tool.item.labels)
        plan.changes += [
            (name, before.get(locale), labels[locale])
            for name, locale in NAMES.items()
            if locale in labels and before.get(locale) != labels[locale]
        ]
        plan.changes += [(name, getattr(tool, name), v) for name, v in given.items() if getattr(tool, name) != v]
        if plan.changes:
            whole_register = {name: getattr(tool, name) for name in OF_REGISTER} | given
            self.attempt(self.verbs.change_tool, tool, before | labels, **whole_register)
            plan.outcome = CHANGED

    def attempt(self, verb: Any, *args: Any, **values: Any) -> None:
        """Runs the verb unless this is only a look; its refusal is the row's."""
        if not self.writes:
            return
        savepoint = db.session.begin_nested()
        try:
            verb(*args, person=self.person, **values)
            savepoint.rollback() if self.trial else savepoint.commit()
        except Rejected as refusal:
            savepoint.rollback()
            raise Refused(*REFUSALS.get(refusal.field or "", ("", "not_stored"))) from None


def keeper(batch: Batch) -> Person | None:
    """In whose name the movements stand: whoever imports, for the command the storekeeper who came first."""
    if batch.person_id is not None:
        return db.session.get(Person, batch.person_id)
    role = PersonRole.role.in_(("storekeeper", "admin"))
    query = select(Person).join(PersonRole, PersonRole.person_id == Person.id).where(role)
    return db.session.scalars(query.order_by(PersonRole.role.desc(), Person.created_at)).first()
