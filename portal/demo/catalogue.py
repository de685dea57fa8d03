"""The catalogue: the ten products of the tender, the standard code lists, error codes, known faults, parts master."""

from decimal import Decimal

from portal.customers.models import ErrorCode, KnownFault, Product
from portal.customers.standard import standard_codes
from portal.db import db
from portal.demo.tables import is_yes, labels, rows
from portal.stock.models import Item, UsualPart


def load_catalogue() -> None:
    load_products()
    load_codes()
    load_items()
    db.session.flush()
    load_usual_parts()


def load_products() -> None:
    tender = {row["product_code"]: row for row in rows("tender-equipment")}
    for row in rows("products"):
        asked = tender[row["product_code"]]
        db.session.add(
            Product(
                code=row["product_code"],
                labels=labels(row),
                family=row["family"],
                brand=row["brand"],
                model=row["product_code"],
                parameters=asked["parameters_zh"],
                standard=asked["standard_zh"],
                max_load_kg=int(asked["max_load_kg"]) if asked["max_load_kg"] else None,
                warranty_months=int(asked["warranty_months"]),
            )
        )


def load_codes() -> None:
    db.session.add_all(one.row() for one in standard_codes())
    for row in rows("error_codes"):
        db.session.add(ErrorCode(brand=row["brand"], family=row["family"], code=row["code"], labels=labels(row)))
    for position, row in enumerate(rows("faults")):
        db.session.add(
            KnownFault(
                family=row["symptom"][:2],
                symptom=row["symptom"],
                component=row["component"],
                cause=row["cause"],
                remedy=row["remedy"],
                standard_minutes=int(row["standard_minutes"]),
                position=position,
            )
        )


def load_items() -> None:
    for row in rows("parts"):
        db.session.add(
            Item(
                code=row["code"],
                labels=labels(row),
                unit=row["unit"],
                list_price=Decimal(row["list_price"]),
                wear=is_yes(row["wear"]),
                serial_tracked=is_yes(row["serial_tracked"]),
                old_part=row["old_part"],
            )
        )


def load_usual_parts() -> None:
    products = {product.code: product.id for product in db.session.scalars(db.select(Product))}
    items = {item.code: item.id for item in db.session.scalars(db.select(Item))}
    for row in rows("usual_parts"):
        part = UsualPart(product_id=products[row["product_code"]], item_id=items[row["item"]])
        part.position = int(row["position"])
        db.session.add(part)
