"""The hands of a person as a place of the ledger, made on first use."""

from sqlalchemy import select

from portal.accounts.models import Person
from portal.db import db, new_id
from portal.stock.models import Location
from portal.stock.places import far_end, insert_once
from portal.stock.tools.models import Hands

HANDS_NAMES = {
    "zh_Hans": "{name}手中",
    "zh_Hant": "{name}手中",
    "en": "In {name}'s hands",
    "es": "En manos de {name}",
}


def hands_of(person: Person) -> Location:
    """The place of what this person holds."""
    query = select(Location).join(Hands, Hands.location_id == Location.id).where(Hands.person_id == person.id)
    found = db.session.scalar(query)
    if found is None:
        code = f"HANDS-{person.username}" if len(person.username) <= 30 else f"HANDS-{person.id.hex}"
        labels = {locale: words.format(name=person.name) for locale, words in HANDS_NAMES.items()}
        insert_once(Location, id=new_id(), code=code, labels=labels, kind="hands", active=True)
        place_id = db.session.scalars(select(Location.id).where(Location.code == code)).one()
        insert_once(Hands, location_id=place_id, person_id=person.id)
        found = db.session.scalars(query).one()
    return found


__all__ = ["far_end", "hands_of"]
