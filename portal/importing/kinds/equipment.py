"""Equipment: each unit by its product and serial number, at a site that is known already."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.customers.merged import merged_into, staying
from portal.customers.models import Equipment, Product
from portal.db import db, new_id
from portal.i18n import lazy
from portal.importing.columns import Column
from portal.importing.kinds.base import Kind, Line, Plan, Planner, Refused, records
from portal.importing.kinds.catalogue import OF_AN_IMPORT
from portal.importing.kinds.customers import (
    ADDRESS_HEADINGS,
    NAME_HEADINGS,
    NUMBER_HEADINGS,
    PHONE_HEADINGS,
    SITE_HEADINGS,
)
from portal.importing.kinds.places import Directory, named_site
from portal.importing.rules import Claim, phone_digits
from portal.importing.values import code, day, phone, text

OF_UNIT = ("asset_tag", "location", "manufactured_on", "purchased_on", "installed_on", "invoice_no")
NO_DATES: dict[str, Any] = {"manufactured_on": None, "purchased_on": None, "installed_on": None}
UNIT = Equipment.__table__


class EquipmentKind(Kind):
    name = "equipment"
    needed = (("product",), ("serial_no",))
    columns = (
        Column("product", lazy("Product code"), "产品代码|产品编号|产品型号|型号|机型|規格型號|产品|產品代碼|產品編號|產品型號|型號|機型|product_code|product no|model|producto|código de producto|modelo", code(40), needed=True),
        Column("serial_no", lazy("Serial number"), "序列号|出厂编号|机号|编号|机身号|设备编号|序號|出廠編號|機號|機身號碼|serial number|serial|s/n|sn|número de serie|serie|nº de serie|n° de serie", text(80), needed=True),
        Column("number", lazy("Outside number"), NUMBER_HEADINGS, code(60)),
        Column("name", lazy("Customer"), NAME_HEADINGS, text(200)),
        Column("phone", lazy("Phone"), PHONE_HEADINGS, phone),
        Column("site", lazy("Site"), SITE_HEADINGS, text(200)),
        Column("address", lazy("Address"), ADDRESS_HEADINGS, text(300)),
        Column("asset_tag", lazy("Asset tag"), "客户设备编号|资产编号|固定资产编号|客戶設備編號|資產編號|財產編號|asset no|asset number|etiqueta|número de activo|inventario", text(80)),
        Column("location", lazy("Where it stands"), "设备位置|安装位置|位置|摆放位置|存放位置|設備位置|安裝位置|擺放位置|position|place|location|ubicación|posición", text(200)),
        Column("manufactured_on", lazy("Made on"), "生产日期|出厂日期|制造日期|生產日期|出廠日期|製造日期|manufacture date|made on|production date|fecha de fabricación", day),
        Column("purchased_on", lazy("Bought on"), "购买日期|购置日期|采购日期|購買日期|購置日期|purchase date|bought on|date of purchase|fecha de compra", day),
        Column("installed_on", lazy("Installed on"), "安装日期|安裝日期|installation date|install date|date installed|fecha de instalación", day),
        Column("invoice_no", lazy("Invoice"), "发票号|发票号码|發票號碼|invoice number|invoice no|factura|número de factura", text(80)),
    )  # fmt: skip
    ignored = (OF_AN_IMPORT,)

    def claims(self, said: Mapping[str, Any]) -> list[Claim]:
        return [Claim((said["product"].upper(), said["serial_no"]), tuple(said.get(name) for name in self.fields[2:]))]

    def planner(self, *, trial: bool) -> Planner:
        return EquipmentPlanner(trial=trial)


class EquipmentPlanner(Planner):
    subject, tables = Equipment, (Equipment,)

    def look_up(self, lines: Sequence[Line]) -> None:
        self.directory = Directory(line.said for line in lines)
        codes = {line.said["product"] for line in lines}
        query = select(Product.code, Product.id).where(Product.code.in_(codes | {code.upper() for code in codes}))
        self.products = {row.code: row.id for row in db.session.execute(query)}
        serials = {line.said["serial_no"] for line in lines}
        self.units: dict[Any, list[dict[str, Any]]] = {}
        found = records(select(UNIT).where(UNIT.c.serial_no.in_(serials)))
        stays = staying(UNIT, (unit["id"] for unit in found))
        kept = {unit["id"]: unit for unit in records(select(UNIT).where(UNIT.c.id.in_(set(stays.values()))))}
        self.several = set(merged_into(UNIT, kept, UNIT.c.id))
        for unit in found:
            present = self.units.setdefault((unit["product_id"], unit["serial_no"]), [])
            if kept[stays[unit["id"]]] not in present:
                present.append(kept[stays[unit["id"]]])

    def plan_line(self, plan: Plan) -> None:
        said = plan.line.said
        product_id = self.products.get(said["product"]) or self.products.get(said["product"].upper())
        if product_id is None:
            raise Refused("product", "no_product")
        key = (product_id, said["serial_no"])
        present = [self.made[key]] if key in self.made else self.units.get(key, [])
        if len(present) > 1:
            raise Refused("serial_no", "several_units")
        unit = present[0] if present else None
        site = self.site(said, unit)
        if unit is None:
            unit = self.add(plan, product_id, site)
        else:
            names = {name: name for name in OF_UNIT}
            if unit["id"] in self.several:
                place = site["id"] if site else None
                self.agree(plan.line, [Claim((unit["id"],), (place, *(said.get(name) for name in names)))])
            self.move(plan, unit, site)
            self.carry(plan, Equipment, unit, said, names)
        self.made[key] = unit

    def site(self, said: Mapping[str, Any], unit: dict[str, Any] | None) -> dict[str, Any] | None:
        """Where the row says that the unit stands; None when it says nothing about a unit that is known."""
        customer = self.customer(said)
        if customer is None:
            if unit is None:
                raise Refused("name", "whose_unit")
            return None
        sites = self.directory.sites.get(customer["id"], [])
        if "site" in said or "address" in said:
            found = named_site(sites, said)
            if found is None:
                raise Refused("site" if "site" in said else "address", "no_site")
            return found
        present = next((site for site in sites if unit and site["id"] == unit["site_id"]), None)
        if present is None and len(sites) != 1:
            raise Refused("site", "which_site" if sites else "no_site")
        return present or sites[0]

    def customer(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        known = self.directory
        if "number" in said and said["number"] in known.by_number:
            return known.customers[known.by_number[said["number"]]]
        if "name" not in said:
            if "number" in said:
                raise Refused("number", "no_customer")
            return None
        if "phone" in said:
            ids = known.by_phone.get((said["name"], phone_digits(said["phone"])), [])
        else:
            ids = known.by_name.get(said["name"], [])
        if len(ids) != 1:
            raise Refused("name", "several_named" if ids else "no_customer")
        return known.customers[ids[0]]

    def add(self, plan: Plan, product_id: Any, site: dict[str, Any] | None) -> dict[str, Any]:
        said = plan.line.said
        assert site is not None
        given = {name: said[name] for name in OF_UNIT if name in said}
        empty = {"asset_tag": "", "location": "", "invoice_no": ""} | NO_DATES
        row = {"id": new_id(), "product_id": product_id, "site_id": site["id"], "serial_no": said["serial_no"]}
        return self.create(plan, Equipment, row | empty | given)

    def move(self, plan: Plan, unit: dict[str, Any], site: dict[str, Any] | None) -> None:
        """A unit that stands elsewhere now. The sites are named in the comparison, not numbered."""
        if site is None or site["id"] == unit["site_id"]:
            return
        before = next(
            (s["name"] for sites in self.directory.sites.values() for s in sites if s["id"] == unit["site_id"]), "…"
        )
        plan.changes.append(("site", before, site["name"]))
        told = {"site": f"{before} → {site['name']}"}
        unit["site_id"] = site["id"]
        self.batch.change(Equipment, plan.line, unit["id"], {"site_id": site["id"]}, told)
        plan.outcome = "changed"
