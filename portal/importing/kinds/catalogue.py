"""What is known by its code alone: products and parts. A code is found as it is written, or in capital letters."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import select

from portal.db import new_id
from portal.i18n import LOCALES, lazy
from portal.importing.columns import Column, Ignored
from portal.importing.kinds.base import Kind, Line, Plan, Planner, Refused, records
from portal.importing.rules import Claim
from portal.importing.values import text

NAMES = {f"name_{locale}": locale for locale in LOCALES}
NAME_COLUMNS = (
    Column("name_zh_Hans", lazy("Name, Simplified Chinese"), "名称|品名|产品名称|商品名称|配件名称|材料名称|物料名称|备件名称|工具名称|name_zh|简体名称|中文名称", text(200)),
    Column("name_zh_Hant", lazy("Name, Traditional Chinese"), "名稱|產品名稱|商品名稱|零件名稱|料品名稱|物料名稱|工具名稱|繁體名稱|name_tw", text(200)),
    Column("name_en", lazy("Name, English"), "name|english name|英文名称|英文名稱|product name|part name|item name|tool name|description", text(200)),
    Column("name_es", lazy("Name, Spanish"), "nombre|descripción|denominación|西班牙文名称|nombre del producto|nombre de la pieza|spanish name", text(200)),
)  # fmt: skip
OF_AN_IMPORT = Ignored(
    lazy("It was added to the file of refused rows."),
    "Row in the file|Reason|文件中的行号|原因|檔案中的列號|Fila del archivo|Motivo",
)


class CodeKind(Kind):
    """A kind whose key is the code."""

    needed = (("code",),)

    def claims(self, said: Mapping[str, Any]) -> list[Claim]:
        return [Claim((self.name, said["code"].upper()), tuple(said.get(name) for name in self.fields[1:]))]


class CodePlanner(Planner):
    """`plain` are the fields that are columns of the table; names go into its labels."""

    plain: ClassVar[tuple[str, ...]] = ()

    def look_up(self, lines: Sequence[Line]) -> None:
        codes = {line.said["code"] for line in lines}
        codes |= {code.upper() for code in codes}
        table = self.subject.__table__
        self.found = {row["code"]: row for row in records(select(table).where(table.c.code.in_(codes)))}

    def plan_line(self, plan: Plan) -> None:
        said, code = plan.line.said, plan.line.said["code"]
        record = self.made.get(code.upper()) or self.found.get(code) or self.found.get(code.upper())
        if record is None:
            record = self.create(plan, self.subject, {"id": new_id(), **self.fresh(said)})
        else:
            self.check(record)
            self.relabel(plan, record)
            self.carry(plan, self.subject, record, said, {name: name for name in self.plain})
        self.made[code.upper()] = record

    def check(self, record: dict[str, Any]) -> None:
        """Whether this record is one of the kind at all."""

    @abstractmethod
    def fresh(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The row of a new record."""

    def new_labels(self, said: Mapping[str, Any]) -> dict[str, str]:
        labels = {locale: said[name] for name, locale in NAMES.items() if name in said}
        if not labels:
            raise Refused("name_zh_Hans", "new_needs_name")
        return labels

    def relabel(self, plan: Plan, record: dict[str, Any]) -> None:
        """Names in the languages that the row fills; the others stay."""
        labels, said = dict(record["labels"]), plan.line.said
        different = {
            name: locale for name, locale in NAMES.items() if name in said and labels.get(locale) != said[name]
        }
        if not different:
            return
        told = {}
        for name, locale in different.items():
            plan.changes.append((name, labels.get(locale), said[name]))
            told[name] = f"{labels.get(locale, '')} → {said[name]}"
            labels[locale] = said[name]
        record["labels"] = labels
        self.batch.change(self.subject, plan.line, record["id"], {"labels": labels}, told)
        plan.outcome = "changed"
