from typing import Any

from portal.customers import operations
from portal.customers.queries import find_site, products, search_sites, units_by_site
from portal.db import db
from portal.history import HistoryEntry


def test_a_customer_with_site_contact_and_unit_is_found_by_each_of_them(world: Any) -> None:
    customer = operations.add_customer("占位里小区", "business")
    site = operations.add_site(customer, "东门", "云上市乙区演示路 9 号", time_zone="Asia/Shanghai")
    operations.add_contact(site, "物业前台", "100 0000 0077")
    unit = operations.add_equipment(site, world.product(), "PL-777", asset_tag="XG-1")
    db.session.commit()
    for words in ("占位里", "东门", "演示路 9", "物业", "1000000 0077", "pl-777", "xg-1"):
        assert search_sites(words) == [site], words
    assert units_by_site([site, world.site()])[site.id] == [unit]
    assert find_site(site.id) is site
    assert world.product() in products()


def test_entering_a_row_is_written_down(world: Any) -> None:
    before = db.session.query(HistoryEntry).count()
    site = operations.add_site(operations.add_customer("新"), "新", "x")
    operations.add_contact(site, "甲")
    verbs = [row.verb for row in db.session.query(HistoryEntry).order_by(HistoryEntry.n)][before:]
    assert verbs == ["add_customer", "add_site", "add_contact"]
