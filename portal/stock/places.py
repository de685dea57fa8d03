"""Places that are made on first use: the far ends of the ledger, workshop, laboratory, and each technician's van."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.accounts.models import Person
from portal.db import Model, db, new_id
from portal.stock.models import Location, find_location, find_van, van_code

FAR_ENDS: dict[str, tuple[str, dict[str, str]]] = {  # where things come from and go to: code and names, by kind
    "supplier": ("SUPPLIER", {"zh_Hans": "供应商", "zh_Hant": "供應商", "en": "Supplier", "es": "Proveedor"}),
    "customer": (
        "MACHINE",
        {"zh_Hans": "客户设备", "zh_Hant": "客戶設備", "en": "Customer's machine", "es": "Máquina del cliente"},
    ),
    "scrap": ("SCRAP", {"zh_Hans": "报废", "zh_Hant": "報廢", "en": "Scrap", "es": "Desecho"}),
    "lost": ("LOST", {"zh_Hans": "遗失", "zh_Hant": "遺失", "en": "Lost", "es": "Extraviado"}),
    "workshop": ("WORKSHOP", {"zh_Hans": "维修间", "zh_Hant": "維修間", "en": "Workshop", "es": "Taller"}),
    "laboratory": (
        "LABORATORY",
        {"zh_Hans": "计量检定机构", "zh_Hant": "校正實驗室", "en": "Laboratory", "es": "Laboratorio"},
    ),
}
OTHER_KINDS = {"lost": "scrap"}  # places whose kind is not their name
VAN_NAMES = {
    "zh_Hans": "{name}的服务车",
    "zh_Hant": "{name}的服務車",
    "en": "{name}'s van",
    "es": "Furgoneta de {name}",
}


def far_end(kind: str) -> Location:
    """Where things come from or go to, made on first use; also our workshop and the laboratory."""
    code, labels = FAR_ENDS[kind]
    found = find_location(code)
    if found is None:
        insert_once(Location, id=new_id(), code=code, labels=labels, kind=OTHER_KINDS.get(kind, kind), active=True)
        found = find_location(code)
        assert found is not None
    return found


def van_of(person: Person) -> Location:
    """The technician's own stock, made on first use."""
    found = find_van(person)
    if found is None:
        labels = {locale: words.format(name=person.name) for locale, words in VAN_NAMES.items()}
        insert_once(
            Location, id=new_id(), code=van_code(person), labels=labels, kind="van", person_id=person.id, active=True
        )
        found = find_van(person)
        assert found is not None
    return found


def insert_once(model: type[Model], **values: Any) -> None:
    """Inserts the row unless somebody else just did."""
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    db.session.execute(insert(model).values(**values).on_conflict_do_nothing())
