"""Customers with their sites and contacts: one row is a customer at one site with one contact, and several rows may be
about the same customer."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.calls.words import CUSTOMER_KINDS
from portal.customers.models import Contact, Customer, Site
from portal.db import new_id
from portal.i18n import LOCALES, lazy
from portal.importing.columns import Column
from portal.importing.kinds.base import CHANGED, SAME, Kind, Line, Plan, Planner, Refused, records
from portal.importing.kinds.catalogue import OF_AN_IMPORT
from portal.importing.kinds.places import CONTACT, Directory, named_site
from portal.importing.models import OutsideNumber
from portal.importing.rules import Claim, phone_digits
from portal.importing.values import choice, code, email, phone, text, time_zone, words

KIND_NAMES = {
    "business": "企业|公司|单位|法人|企業|單位|company|empresa|compañía",
    "consumer": "个人|散客|家庭|個人|消費者|individual|person|private|particular|persona|consumidor",
    "public_body": "政府|机关|事业单位|学校|公共机构|機關|學校|公家機關|public body|government|organismo público|administración",
}
LANGUAGES = {
    "zh_Hans": "简体|简体中文|中文|zh|zh-CN|simplified chinese|chino simplificado",
    "zh_Hant": "繁体|繁體|繁體中文|zh-TW|traditional chinese|chino tradicional",
    "en": "英文|英语|英語|english|inglés",
    "es": "西班牙文|西班牙语|西班牙語|spanish|español|castellano",
}
ROLES = {
    "owner": "业主|本人|负责人|老板|業主|負責人|dueño|propietario|titular",
    "employee": "员工|前台|员|職員|員工|staff|empleado",
    "family": "家属|家人|家屬|familia|familiar",
    "agent": "代理|物业|物業|代理人|representante",
}
ROLE_WORDS = {
    "owner": lazy("Owner"),
    "employee": lazy("Employee"),
    "family": lazy("Family"),
    "agent": lazy("Agent"),
}
FEW_SITES = 20
OF_CUSTOMER = {"name": "name", "customer_kind": "kind", "locale": "locale"}
OF_MERGED = {name: column for name, column in OF_CUSTOMER.items() if name != "name"}
OF_SITE = {name: name for name in ("address", "district", "time_zone", "access_note", "hazards")}
OF_CONTACT = {"phone": "phone", "email": "email", "role": "role"}
NUMBER_HEADINGS = "客户编号|客户代码|客户号|外部编号|客戶編號|客戶代碼|customer no|customer number|customer code|customer id|account no|outside number|número de cliente|código de cliente|cliente no"
NAME_HEADINGS = "客户名称|客户|单位名称|客户姓名|公司名称|用户名称|客戶名稱|客戶|公司名稱|單位名稱|customer name|customer|client|company|name|nombre del cliente|cliente|razón social|nombre|empresa"
PHONE_HEADINGS = "电话|联系电话|手机|手机号|电话号码|联系方式|客户电话|電話|聯絡電話|手機|電話號碼|phone number|telephone|tel|mobile|contact phone|teléfono|móvil|celular|tel cliente"
SITE_HEADINGS = (
    "地点|地点名称|门店|网点|站点|场地|地點|門市|據點|案場|site name|location name|branch|sitio|sede|local|centro"
)
ADDRESS_HEADINGS = "地址|客户地址|详细地址|安装地址|联系地址|客戶地址|詳細地址|安裝地址|聯絡地址|street|site address|dirección|domicilio|dirección de instalación"


class Customers(Kind):
    name = "customers"
    needed = (("name", "number"),)
    columns = (
        Column("number", lazy("Outside number"), NUMBER_HEADINGS, code(60)),
        Column("name", lazy("Customer"), NAME_HEADINGS, text(200), needed=True),
        Column("customer_kind", lazy("Kind of customer"), "客户类型|客户性质|客户类别|客戶類型|客戶類別|customer type|customer kind|kind|type|tipo de cliente|tipo", choice(KIND_NAMES), labels=CUSTOMER_KINDS),
        Column("locale", lazy("Language"), "语言|客户语言|語言|language|idioma|lengua", choice(LANGUAGES), labels=LOCALES),
        Column("phone", lazy("Phone"), PHONE_HEADINGS, phone),
        Column("contact", lazy("Contact"), "联系人|联络人|联系人姓名|聯絡人|聯繫人|contact name|contact person|contacto|persona de contacto", text(100)),
        Column("role", lazy("Role of the contact"), "联系人身份|身份|职务|聯絡人身分|職稱|contact role|cargo|rol", choice(ROLES), labels=ROLE_WORDS),
        Column("email", lazy("E-mail"), "邮箱|电子邮箱|电子邮件|電子郵件|信箱|e-mail|mail|correo|correo electrónico", email),
        Column("site", lazy("Site"), SITE_HEADINGS, text(200)),
        Column("address", lazy("Address"), ADDRESS_HEADINGS, text(300)),
        Column("district", lazy("District"), "区域|区县|行政区|地区|區域|行政區|地區|area|region|distrito|zona|barrio", text(100)),
        Column("time_zone", lazy("Time zone"), "时区|時區|zona horaria", time_zone),
        Column("access_note", lazy("Access"), "进门须知|门禁|到达说明|進門須知|門禁|access note|access|acceso|indicaciones", words(2000)),
        Column("hazards", lazy("Hazards"), "危险|安全提示|注意事项|危險|安全提醒|注意事項|hazard|safety|riesgos|peligros", words(2000)),
    )  # fmt: skip
    ignored = (OF_AN_IMPORT,)

    def claims(self, said: Mapping[str, Any]) -> list[Claim]:
        """About the customer, the site and the contact, under each key that the row gives."""
        keys: list[tuple[Any, ...]] = [("number", said["number"])] if "number" in said else []
        if "name" in said and ("number" not in said or "phone" in said):
            keys.append(("name", said["name"], phone_digits(said.get("phone", ""))))
        return claims_about(keys, said)

    def planner(self, *, trial: bool) -> Planner:
        return CustomerPlanner(trial=trial)


def claims_about(keys: Sequence[tuple[Any, ...]], said: Mapping[str, Any]) -> list[Claim]:
    """What a row says about a customer, a site and a contact, under each of the customer's keys."""
    place, who = said.get("site") or said.get("address", ""), said.get("contact", "")
    parts = (("number", *OF_CUSTOMER), ()), (tuple(OF_SITE), (place,)), (tuple(OF_CONTACT), (place, who))
    return [Claim((*key, *rest), tuple([said.get(name) for name in names])) for names, rest in parts for key in keys]


class CustomerPlanner(Planner):
    subject, tables = Customer, (Customer, OutsideNumber, Site, Contact)

    def look_up(self, lines: Sequence[Line]) -> None:
        self.directory = Directory(line.said for line in lines)
        self.meant = {line.said.get(name) for line in lines for name in ("site", "address")}
        places = [site["id"] for sites in self.directory.sites.values() for site in sites if self.is_meant(site)]
        self.contacts: dict[Any, list[dict[str, Any]]] = {}
        for contact in records(select(CONTACT).where(CONTACT.c.site_id.in_(places)).order_by(CONTACT.c.id)):
            self.contacts.setdefault(contact["site_id"], []).append(contact)

    def is_meant(self, site: dict[str, Any]) -> bool:
        """Contacts are read of sites that a row may mean, not of all the sites of a large customer."""
        if len(self.directory.sites[site["customer_id"]]) <= FEW_SITES:
            return True
        return site["name"] in self.meant or site["address"] in self.meant

    def plan_line(self, plan: Plan) -> None:
        said = plan.line.said
        customer = self.customer(said)
        site = self.site(customer, said)  # refuses before anything is added
        if customer is not None and self.directory.former[customer["id"]]:
            self.agree(plan.line, self.claims_about_joined(customer, said))
        if customer is None:
            customer = self.add_customer(plan)
        else:
            names = OF_CUSTOMER if said.get("name") not in self.directory.former[customer["id"]] else OF_MERGED
            self.carry(plan, Customer, customer, said, names)
            self.add_number(plan, customer)
        if site is None and "address" in said:
            site = self.add_site(plan, customer)
        elif site is not None:
            self.carry(plan, Site, site, said, OF_SITE)
        if site is not None:
            self.contact(plan, customer, site)

    def claims_about_joined(self, customer: dict[str, Any], said: Mapping[str, Any]) -> list[Claim]:
        """Of a customer into whom others were merged. Former names and several outside numbers are no contradiction."""
        former = said.get("name") in self.directory.former[customer["id"]]
        left_out = {"number", "name"} if former else {"number"}
        return claims_about([(customer["id"],)], {name: said[name] for name in said if name not in left_out})

    def customer(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """The customer that the row means, None for a new one."""
        known = self.directory
        if "number" in said:
            found = self.made.get(("number", said["number"]))
            if found is None and said["number"] in known.by_number:
                found = known.customers[known.by_number[said["number"]]]
            if found is not None:
                return self.kept(("number", said["number"]), found)
            if "name" not in said:
                raise Refused("name", "missing")
        key = ("name", said["name"], phone_digits(said.get("phone", "")))
        if key in self.made and self.is_free(self.made[key], said):
            made: dict[str, Any] = self.made[key]
            return made
        ids = known.by_phone[key[1:]] if key[2] and key[1:] in known.by_phone else []
        if not key[2]:
            named = known.by_name.get(said["name"], [])
            ids = [found for found in named if found in known.phoneless]
            if not ids and "number" not in said and (named or ("with phone", said["name"]) in self.made):
                raise Refused("phone", "name_with_phone")
        open_ones = [known.customers[found] for found in ids if self.is_free(known.customers[found], said)]
        if len(open_ones) > 1:
            raise Refused("name", "several_customers")
        return self.kept(key, open_ones[0]) if open_ones else None

    def kept(self, key: Any, customer: dict[str, Any]) -> dict[str, Any]:
        self.made[key] = customer
        return customer

    def is_free(self, customer: dict[str, Any], said: Mapping[str, Any]) -> bool:
        """A customer with an outside number is not the one who has another."""
        numbers = self.directory.numbers.get(customer["id"], set()) | customer.get("numbers", set())
        return "number" not in said or not numbers or said["number"] in numbers

    def site(self, customer: dict[str, Any] | None, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """The site that the row means, None for a new one. Refuses what neither names a site nor an address."""
        sites = self.sites_of(customer) if customer else []
        site = named_site(sites, said)
        if site is not None or "address" in said:
            return site
        if "site" in said or not sites:
            raise Refused("address", "no_site_address")
        if len(sites) > 1:
            sites = self.with_contact(sites, customer or {}, said) or sites
        if len(sites) > 1 and any(name in said for name in (*OF_SITE, "contact", "email", "role")):
            raise Refused("site", "which_site")
        return sites[0] if len(sites) == 1 else None

    def with_contact(
        self, sites: list[dict[str, Any]], customer: dict[str, Any], said: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Those of the sites where the person of the row is known already."""

        def known(site: dict[str, Any]) -> list[dict[str, Any]]:
            made: list[dict[str, Any]] = self.made.get(("contacts", site["id"]), [])
            return made + self.contacts.get(site["id"], [])

        return [site for site in sites if any(self.is_contact(one, customer, said) for one in known(site))]

    def sites_of(self, customer: dict[str, Any]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = self.made.get(("sites", customer["id"]), [])
        known = {site["id"] for site in made}
        return made + [site for site in self.directory.sites.get(customer["id"], []) if site["id"] not in known]

    def add_customer(self, plan: Plan) -> dict[str, Any]:
        said = plan.line.said
        row = {
            "id": new_id(),
            "name": said["name"],
            "kind": said.get("customer_kind", "business"),
            "locale": said.get("locale", "zh_Hans"),
            "created_at": self.batch.at,
        }
        self.create(plan, Customer, row)
        customer = {**row, "numbers": set()}
        self.made["name", said["name"], phone_digits(said.get("phone", ""))] = customer
        if "phone" in said:
            self.made["with phone", said["name"]] = customer
        self.add_number(plan, customer)
        return customer

    def add_number(self, plan: Plan, customer: dict[str, Any]) -> None:
        number = plan.line.said.get("number")
        numbers = customer.setdefault("numbers", set())
        if number is None or number in numbers | self.directory.numbers.get(customer["id"], set()):
            return
        numbers.add(number)
        self.made["number", number] = customer
        self.batch.inserts.setdefault(OutsideNumber, []).append({"number": number, "customer_id": customer["id"]})
        if plan.outcome == SAME:
            plan.outcome = CHANGED
            plan.changes.append(("number", None, number))
            told = {"outside_number": f" → {number}"}
            self.batch.enter("change_customer", Customer, customer["id"], plan.line, told)

    def add_site(self, plan: Plan, customer: dict[str, Any]) -> dict[str, Any]:
        said = plan.line.said
        row = {
            "id": new_id(),
            "customer_id": customer["id"],
            "name": said.get("site") or said["address"][:200],
            "address": said["address"],
            "district": said.get("district", ""),
            "time_zone": said.get("time_zone", "Asia/Shanghai"),
            "access_note": said.get("access_note", ""),
            "hazards": said.get("hazards", ""),
            "latitude": None,
            "longitude": None,
        }
        self.note(plan, "site", row["name"])
        self.made.setdefault(("sites", customer["id"]), []).append(row)
        return self.create(plan, Site, row)

    def note(self, plan: Plan, name: str, value: str) -> None:
        """A known customer gets something more: that is shown like a change."""
        if plan.outcome in (SAME, CHANGED):
            plan.changes.append((name, None, value))

    def contact(self, plan: Plan, customer: dict[str, Any], site: dict[str, Any]) -> None:
        """The person at the site, by name; a row without a name means whoever has the phone number."""
        said = plan.line.said
        if not any(name in said for name in ("phone", "contact", "email")):
            return
        made: list[dict[str, Any]] = self.made.setdefault(("contacts", site["id"]), [])
        ids = {contact["id"] for contact in made}
        present = made + [contact for contact in self.contacts.get(site["id"], []) if contact["id"] not in ids]
        found = next((contact for contact in present if self.is_contact(contact, customer, said)), None)
        if found is not None:
            self.carry(plan, Contact, found, {**said, "phone": self.phone_of(found, said)}, OF_CONTACT)
            if found["id"] not in ids:
                made.append(found)
            return
        row = {
            "id": new_id(),
            "site_id": site["id"],
            "name": said.get("contact") or customer["name"][:100],
            "phone": said.get("phone", ""),
            "email": said.get("email", ""),
            "role": said.get("role") or ("owner" if customer["kind"] == "consumer" else "employee"),
        }
        self.note(plan, "contact", row["name"])
        made.append(self.create(plan, Contact, row))

    def is_contact(self, contact: dict[str, Any], customer: dict[str, Any], said: Mapping[str, Any]) -> bool:
        if "contact" in said:
            return bool(contact["name"] == said["contact"])
        if "phone" in said and phone_digits(contact["phone"]) == phone_digits(said["phone"]):
            return True
        return bool(contact["name"] == customer["name"][:100])

    def phone_of(self, contact: dict[str, Any], said: Mapping[str, Any]) -> str:
        """The same digits set apart otherwise are no change."""
        wanted = said.get("phone", contact["phone"])
        same = phone_digits(wanted) == phone_digits(contact["phone"])
        return str(contact["phone"] if same else wanted)
