"""Whose entries of the search are whose, on PostgreSQL, the newest first."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# A GIN index gives what is somebody's in no order, so the newest of it could not be read without reading all of it.
# This table follows the lines of tokens by itself: whoever writes an entry need not know of it. SQLite's FTS5 gives its
# hits in their order and needs none.
POSTGRESQL = (
    "CREATE TABLE search_words_own (person uuid NOT NULL, n bigint NOT NULL, PRIMARY KEY (person, n))",
    """CREATE FUNCTION search_owners(tokens text) RETURNS SETOF uuid LANGUAGE sql IMMUTABLE AS $$
       SELECT DISTINCT CAST(found[1] AS uuid) FROM regexp_matches(tokens, '\u0298([0-9a-f]{32})', 'g') AS found $$""",
    """CREATE FUNCTION search_owners_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF TG_OP <> 'INSERT' THEN
         DELETE FROM search_words_own WHERE n = OLD.n AND person IN (SELECT search_owners(OLD.tokens));
       END IF;
       IF TG_OP <> 'DELETE' THEN
         INSERT INTO search_words_own (person, n) SELECT search_owners(NEW.tokens), NEW.n;
       END IF;
       RETURN NULL; END $$""",
    """CREATE TRIGGER search_entry_owned AFTER INSERT OR DELETE OR UPDATE OF n, tokens ON search_entry
       FOR EACH ROW EXECUTE FUNCTION search_owners_follow()""",
    "INSERT INTO search_words_own (person, n) SELECT search_owners(tokens), n FROM search_entry",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL:
            op.get_bind().exec_driver_sql(statement)
