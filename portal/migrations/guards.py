"""What the database itself refuses, whoever asks: triggers for SQLite and PostgreSQL, made by the migrations.

Facts are appended: UPDATE, DELETE, TRUNCATE and REPLACE of the tables below are refused. SQLite's REPLACE removes
rows without firing DELETE triggers unless `recursive_triggers` is on, so an INSERT that meets a used key is refused
as well. A movement keeps `balance` in step: nobody else may write it, and it must become what the row says.
Sealed rows may be emptied by an erasure that the chain has sealed, and a report may become signed; nothing else.

What a migration has made stands: `FIRST` never changes, what comes later is in a list of its own.
"""

FIRST: dict[str, list[str]] = {  # table: its keys, each a primary or unique one
    "movement": ["n", "id", "reverses_n"],
    "history": ["n"],
    "sealed_document": ["n", "id", "link", "previous_link"],
    "survey": ["id", "visit_id"],
    "review": ["id"],
    "resubmission": ["id"],
    "assignment": ["id"],
    "visit_event": ["id"],
    "finding": ["id", "visit_id, version"],
    "part_use": ["id", "movement_n"],
    "part_use_reversal": ["id", "part_use_id", "movement_n"],
    "photo": ["id"],
    "photo_removal": ["id", "photo_id"],
}
EVIDENCE: dict[str, list[str]] = {  # as FIRST, of the tables that came with the evidence
    "report_signature": ["id", "document_n"],
    "report_void": ["id", "report_id", "document_n"],
    "erased_document": ["n"],
    "specimen": ["id"],
    "kept_paper": ["id"],
}
TEAM: dict[str, list[str]] = {  # as FIRST, of the tables that came with the team, repeats and stops of use
    "use_stop": ["id"],
    "use_release": ["id", "stop_id"],
    "repeat_visit": ["id"],
    "repeat_unlink": ["id", "repeat_id"],
}
TOOLS: dict[str, list[str]] = {  # as FIRST, of the tables that came with tools and readings
    "tool_step": ["movement_n"],
    "tool_confirmation": ["movement_n"],
    "calibration": ["id", "tool_id, version"],
    "tool_report": ["id"],
    "tool_decision": ["id", "report_id"],
    "reading": ["id"],
    "reading_removal": ["id", "reading_id"],
}
RECORDS: dict[str, list[str]] = {  # as FIRST, of the tables that came with the files of customers and equipment
    "paper_removal": ["id", "paper_id"],
    "merge": ["id"],
    "merge_undoing": ["id", "merge_id"],
    "bulk_run": ["id"],
}
PAPER = ("paper", "id kind title digest content_type size person_id recorded_at", "NEW.id = OLD.id")  # or another owner
ADMIN: dict[str, list[str]] = {"setting": ["n", "id"]}  # as FIRST, of what came with the administration
KEEPING: dict[str, list[str]] = {"epoch": ["number"]}  # as FIRST, of what came with backup and restore
HOLDING: dict[str, list[str]] = {  # as FIRST, of held entries and what was decided about them
    "held_entry": ["id", "entry_id, sha256"],
    "rescue": ["id"],
    "held_decision": ["held_id"],
    "held_notice": ["held_id"],
}
REPLACED = ("sealed_document", "survey")
ERASED = "EXISTS (SELECT 1 FROM erased_document e WHERE e.n = NEW.{key})"
CHANGES = (  # table, the columns that stay, what the others may become
    (
        "sealed_document",
        "n id kind number revision content_digest evidence_digest previous_link link sealed_at",
        f"NEW.content = '' AND NEW.evidence = '' AND NEW.salt = '' AND {ERASED.format(key='n')}",
    ),
    (
        "survey",
        "id visit_id hand_over_id link_id document_n version state locale assisted recorded_at",
        f"NEW.answers = {{nothing}} AND {ERASED.format(key='document_n')}",
    ),
    (
        "report",
        "id number revision visit_id document_n submitted_at verify_hash reason",
        "(NEW.signed = OLD.signed OR (NEW.signed AND NOT OLD.signed))",
    ),
)
STORE_IS_EMPTY = "a store cannot hold less than nothing"
WRONG_BALANCE = "the balance is not what the newest movement says"
NO_MIRROR = "a reversal mirrors one movement that is no reversal"
OF_THE_TRIGGER = "the balance is written by movements alone"
ONE_PIECE = "a tool is one piece and in one place"
NO_WHOLE_NUMBER = "quantities, costs and amounts are whole numbers of their smallest step"


def statements(dialect_name: str) -> list[str]:
    """What the first migration makes, in order, for "sqlite" or "postgresql"."""
    build = {"sqlite": sqlite, "postgresql": postgresql}[dialect_name]
    return build()


def of_evidence(dialect_name: str) -> list[str]:
    """What the migration of the evidence makes, after it has taken away what it makes anew (`replaced`)."""
    guards = append_only(dialect_name, EVIDENCE)
    if dialect_name == "sqlite":
        guards += sqlite_append_only("report", ["id"])[1:]
        return [*guards, *(sqlite_changes_only(*change) for change in CHANGES)]
    guards += postgresql_append_only("report")[1:]
    return [*guards, *(made for change in CHANGES for made in postgresql_changes_only(*change))]


def append_only(dialect_name: str, tables: dict[str, list[str]]) -> list[str]:
    """No row of these tables changes or goes."""
    if dialect_name == "sqlite":
        return [made for table, keys in tables.items() for made in sqlite_append_only(table, keys)]
    return [made for table in tables for made in postgresql_append_only(table)]


def of_team(dialect_name: str) -> list[str]:
    """What the migration of the team makes."""
    return append_only(dialect_name, TEAM)


def of_tools(dialect_name: str) -> list[str]:
    """What the migration of the tools makes."""
    guards = append_only(dialect_name, TOOLS)
    if dialect_name == "sqlite":
        return [*guards, sqlite_trigger("movement_tool", "BEFORE INSERT ON movement", TORN, ONE_PIECE)]
    return [
        *guards,
        postgresql_function("movement_of_tool", refuse_if(TORN, ONE_PIECE) + " RETURN NEW;"),
        postgresql_trigger("movement_tool", "BEFORE INSERT ON movement", "movement_of_tool"),
    ]


def of_records(dialect_name: str) -> list[str]:
    """What the migration of the files makes."""
    guards = append_only(dialect_name, RECORDS)
    if dialect_name == "sqlite":
        return [*guards, *sqlite_append_only("paper", ["id"])[1:], sqlite_changes_only(*PAPER)]
    return [*guards, *postgresql_append_only("paper")[1:], *postgresql_changes_only(*PAPER)]


def of_admin(dialect_name: str) -> list[str]:
    """What the migration of the administration makes."""
    return append_only(dialect_name, ADMIN)


def of_keeping(dialect_name: str) -> list[str]:
    """What the migration of backup and restore makes."""
    return append_only(dialect_name, KEEPING)


def of_holding(dialect_name: str) -> list[str]:
    """What the migration of held entries makes."""
    return append_only(dialect_name, HOLDING)


def replaced(dialect_name: str) -> list[str]:
    """The DDL that takes away guards of the first migration for which `of_evidence` makes others."""
    if dialect_name == "sqlite":
        return [f"DROP TRIGGER {table}_no_update" for table in REPLACED]
    return [f"DROP TRIGGER {table}_no_change ON {table}" for table in REPLACED]


def standing(dialect_name: str) -> list[str]:
    """All statements whose work must stand now."""
    gone = {statement.split()[2] for statement in replaced(dialect_name)}
    first = [s for s in statements(dialect_name) if not (s.startswith("CREATE TRIGGER ") and s.split()[2] in gone)]
    made = first + of_evidence(dialect_name) + of_team(dialect_name) + of_tools(dialect_name)
    return (
        made + of_records(dialect_name) + of_admin(dialect_name) + of_keeping(dialect_name) + of_holding(dialect_name)
    )


def names(dialect_name: str) -> set[str]:
    """The triggers that must stand: `ledger check` looks whether somebody took one away."""
    made = [s.split() for s in standing(dialect_name) if s.startswith("CREATE TRIGGER ")]
    return {words[2] for words in made}


def bodies() -> dict[str, str]:
    """What PostgreSQL keeps of each function, by name."""
    made = [s for s in standing("postgresql") if s.startswith("CREATE FUNCTION ")]
    return {s.split()[2].removesuffix("()"): s.split("$$")[1] for s in made}


def sqlite() -> list[str]:
    guards = [statement for table, keys in FIRST.items() for statement in sqlite_append_only(table, keys)]
    return [*guards, *sqlite_movement(), *sqlite_balance()]


def sqlite_changes_only(table: str, columns: str, allowed: str) -> str:
    """A row may change in nothing but what `allowed` says; every other one of `columns` stays."""
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in columns.split())
    allowed = allowed.format(nothing="'{}'")
    condition = f"NOT ({same} AND {allowed})"
    return sqlite_trigger(f"{table}_no_update", f"BEFORE UPDATE ON {table}", condition, f"{table} is append-only")


def postgresql_changes_only(table: str, columns: str, allowed: str) -> list[str]:
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in columns.split())
    allowed = allowed.format(nothing="'{}'::jsonb")
    refusal = raise_words(f"'{table} is append-only'")
    body = f"IF TG_OP = 'UPDATE' AND {same} AND {allowed} THEN RETURN NEW; END IF; {refusal}"
    return [
        postgresql_function(f"{table}_changes", body),
        postgresql_trigger(f"{table}_no_change", f"BEFORE UPDATE OR DELETE ON {table}", f"{table}_changes"),
    ]


def sqlite_append_only(table: str, keys: list[str]) -> list[str]:
    return [
        sqlite_trigger(f"{table}_no_update", f"BEFORE UPDATE ON {table}", "", f"{table} is append-only"),
        sqlite_trigger(f"{table}_no_delete", f"BEFORE DELETE ON {table}", "", f"{table} is append-only"),
        sqlite_trigger(
            f"{table}_no_replace",
            f"BEFORE INSERT ON {table}",
            " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {same_key(key)})" for key in keys),
            f"{table} holds this key already",
        ),
    ]


def same_key(key: str) -> str:
    return " AND ".join(f"{column} = NEW.{column}" for column in key.split(", "))


def sqlite_trigger(name: str, event: str, condition: str, words: str) -> str:
    when = f" WHEN {condition}" if condition else ""
    return f"CREATE TRIGGER {name} {event}{when} BEGIN SELECT RAISE(ABORT, '{words}'); END"


MIRRORED = """EXISTS (SELECT 1 FROM movement m WHERE m.n = NEW.reverses_n AND m.kind <> 'reversal'
  AND m.item_id = NEW.item_id AND m.quantity = NEW.quantity AND m.amount = NEW.amount AND m.unit_cost = NEW.unit_cost
  AND m.source_id = NEW.destination_id AND m.destination_id = NEW.source_id)"""


def sqlite_movement() -> list[str]:
    numbers = ("quantity", "amount", "unit_cost", "source_balance", "destination_balance")
    return [
        sqlite_trigger(
            "movement_whole_numbers",
            "BEFORE INSERT ON movement",
            " OR ".join(f"typeof(NEW.{column}) <> 'integer'" for column in numbers),
            NO_WHOLE_NUMBER,
        ),
        sqlite_trigger(
            "movement_mirror",
            "BEFORE INSERT ON movement",
            f"NEW.reverses_n IS NOT NULL AND NOT {MIRRORED}",
            NO_MIRROR,
        ),
        f"""CREATE TRIGGER movement_balance AFTER INSERT ON movement BEGIN
  {sqlite_add("source_id", "-NEW.quantity")};
  {sqlite_add("destination_id", "NEW.quantity")};
END""",
    ]


def sqlite_add(end: str, quantity: str) -> str:
    return f"""INSERT INTO balance (item_id, location_id, quantity) VALUES (NEW.item_id, NEW.{end}, {quantity})
  ON CONFLICT (item_id, location_id) DO UPDATE SET quantity = balance.quantity + excluded.quantity"""


NEWEST_SAYS = """(SELECT CASE WHEN m.source_id = NEW.location_id THEN m.source_balance ELSE m.destination_balance END
  FROM movement m WHERE m.n = max(
    coalesce((SELECT max(n) FROM movement WHERE source_id = NEW.location_id AND item_id = NEW.item_id), 0),
    coalesce((SELECT max(n) FROM movement WHERE destination_id = NEW.location_id AND item_id = NEW.item_id), 0)))"""
IS_STORE = "EXISTS (SELECT 1 FROM location WHERE id = NEW.location_id AND kind = 'store')"


def sqlite_balance() -> list[str]:
    """SQLite does not tell who writes, so a balance must be what the newest movement there says."""
    found = [sqlite_trigger("balance_no_delete", "BEFORE DELETE ON balance", "", OF_THE_TRIGGER)]
    for event in ("INSERT", "UPDATE"):
        name = event.lower()
        found += [
            sqlite_trigger(
                f"balance_{name}_agrees",
                f"AFTER {event} ON balance",
                f"NEW.quantity IS NOT {NEWEST_SAYS}",
                WRONG_BALANCE,
            ),
            sqlite_trigger(
                f"balance_{name}_store",
                f"AFTER {event} ON balance",
                f"NEW.quantity < 0 AND {IS_STORE}",
                STORE_IS_EMPTY,
            ),
        ]
    moved = "NEW.item_id <> OLD.item_id OR NEW.location_id <> OLD.location_id"
    return [*found, sqlite_trigger("balance_stays", "BEFORE UPDATE ON balance", moved, OF_THE_TRIGGER)]


def postgresql() -> list[str]:
    guards = [statement for table in FIRST for statement in postgresql_append_only(table)]
    return [REFUSE_CHANGE, *guards, *postgresql_movement(), *postgresql_balance()]


def postgresql_function(name: str, body: str, declare: str = "", options: str = "") -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {options} AS $$ {declare} BEGIN {body} END $$"


def postgresql_trigger(name: str, event: str, function: str, each: str = "ROW", condition: str = "") -> str:
    when = f" WHEN ({condition})" if condition else ""
    return f"CREATE TRIGGER {name} {event} FOR EACH {each}{when} EXECUTE FUNCTION {function}()"


def raise_words(expression: str) -> str:
    return f"RAISE EXCEPTION USING MESSAGE = {expression}, ERRCODE = 'integrity_constraint_violation';"


def refuse_if(condition: str, words: str) -> str:
    refusal = raise_words(f"'{words}'")
    return f"IF {condition} THEN {refusal} END IF;"


OURS = "('store', 'van', 'hands', 'workshop', 'laboratory', 'transit')"
# A tool moves whole, leaves a place of ours only where it lies, and comes to us only when we do not have it.
TORN = f"""EXISTS (SELECT 1 FROM item WHERE id = NEW.item_id AND kind = 'tool') AND (NEW.quantity <> 1000
  OR (EXISTS (SELECT 1 FROM location WHERE id = NEW.source_id AND kind IN {OURS})
    AND NOT EXISTS (SELECT 1 FROM balance b WHERE b.item_id = NEW.item_id AND b.location_id = NEW.source_id
      AND b.quantity = 1000))
  OR (EXISTS (SELECT 1 FROM location WHERE id = NEW.source_id AND kind NOT IN {OURS})
    AND EXISTS (SELECT 1 FROM balance b JOIN location l ON l.id = b.location_id
      WHERE b.item_id = NEW.item_id AND l.kind IN {OURS} AND b.quantity <> 0)))"""
REFUSE_CHANGE = postgresql_function("refuse_change", raise_words("TG_TABLE_NAME || ' is append-only'"))


def postgresql_append_only(table: str) -> list[str]:
    return [
        postgresql_trigger(f"{table}_no_change", f"BEFORE UPDATE OR DELETE ON {table}", "refuse_change"),
        postgresql_trigger(f"{table}_no_truncate", f"BEFORE TRUNCATE ON {table}", "refuse_change", "STATEMENT"),
    ]


POST_BALANCE = f"""
FOR place, change, stated IN
  SELECT e.place, e.change, e.stated FROM (VALUES
    (NEW.source_id, -NEW.quantity, NEW.source_balance),
    (NEW.destination_id, NEW.quantity, NEW.destination_balance)) AS e (place, change, stated) ORDER BY e.place
LOOP
  INSERT INTO balance (item_id, location_id, quantity) VALUES (NEW.item_id, place, change)
    ON CONFLICT (item_id, location_id) DO UPDATE SET quantity = balance.quantity + excluded.quantity
    RETURNING quantity INTO result;
  {refuse_if("result < 0 AND EXISTS (SELECT 1 FROM location WHERE id = place AND kind = 'store')", STORE_IS_EMPTY)}
  {refuse_if("result <> stated", WRONG_BALANCE)}
END LOOP;
RETURN NULL;"""


def postgresql_movement() -> list[str]:
    """Balances are locked in the order of their places, so that two movements crossing each other never deadlock.

    The function runs as the schema's owner: the portal's own role needs no right to write balances.
    """
    return [
        postgresql_function("movement_mirrors", refuse_if(f"NOT {MIRRORED}", NO_MIRROR) + " RETURN NEW;"),
        postgresql_trigger(
            "movement_mirror",
            "BEFORE INSERT ON movement",
            "movement_mirrors",
            condition="NEW.reverses_n IS NOT NULL",
        ),
        postgresql_function(
            "movement_posts",
            POST_BALANCE,
            "DECLARE place uuid; change bigint; stated bigint; result bigint;",
            "SECURITY DEFINER SET search_path FROM CURRENT",
        ),
        postgresql_trigger("movement_balance", "AFTER INSERT ON movement", "movement_posts"),
    ]


def postgresql_balance() -> list[str]:
    by_hand = refuse_if("pg_trigger_depth() < 2", OF_THE_TRIGGER)
    return [
        postgresql_function("balance_of_movements", by_hand + " RETURN NEW;"),
        postgresql_trigger("balance_no_change", "BEFORE INSERT OR UPDATE OR DELETE ON balance", "balance_of_movements"),
        postgresql_trigger("balance_no_truncate", "BEFORE TRUNCATE ON balance", "balance_of_movements", "STATEMENT"),
    ]
