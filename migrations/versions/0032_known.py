"""What an entry names is looked up for all entries of a statement at once, and stays for ever.

A foreign key looks up and locks a row for each column of each entry: a third of what an entry cost. Here nothing that
an entry may name is ever deleted or gets another code, so that nothing needs to be locked. A leaf is compared with its
entry, where the foreign key only asked whether there was one.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: None = None
depends_on: None = None

NAMED = {
    "actor": "person",
    "site": "place",
    "supervisor": "person",
    "run": "run",
    "manifest": "manifest",
    "from_party": "party",
    "to_party": "party",
}
ALWAYS = ("actor", "site")


def unknown(column: str) -> str:
    # A subquery that yields a value is run for each entry, by its key; EXISTS might be made a scan of the whole table.
    lacks = f"(SELECT true FROM {NAMED[column]} WHERE code = added.{column}) IS NULL"  # noqa: S608 - constants
    return lacks if column in ALWAYS else f"(added.{column} IS NOT NULL AND {lacks})"


REFUSE_UNKNOWN = f"""
CREATE FUNCTION refuse_unknown() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text;
BEGIN
    PERFORM FROM added WHERE {" OR ".join(unknown(column) for column in NAMED)};
    IF FOUND THEN
        SELECT CASE {" ".join(f"WHEN {unknown(column)} THEN '{column}'" for column in NAMED)} END
        INTO what
        FROM added
        ORDER BY 1
        LIMIT 1;
        RAISE EXCEPTION 'the % of an entry is unknown', what
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_' || what || '_known';
    END IF;
    RETURN NULL;
END
$$
"""  # noqa: S608 - constants
REFUSE_FOREIGN_LEAF = """
CREATE FUNCTION refuse_foreign_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM added WHERE (SELECT hash FROM entry WHERE id = added.entry) IS DISTINCT FROM added.hash;
    IF FOUND THEN
        RAISE EXCEPTION 'a leaf is not of its entry'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'leaf_entry_known';
    END IF;
    RETURN NULL;
END
$$
"""
KEEP_CODE = """
CREATE FUNCTION keep_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.code = OLD.code THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'entries may name a %: % of its code is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_TABLE_NAME || '_keep_code';
END
$$
"""


def upgrade() -> None:
    for function in (REFUSE_UNKNOWN, REFUSE_FOREIGN_LEAF, KEEP_CODE):
        op.execute(function)
    for table in sorted(set(NAMED.values())):
        op.execute(
            f"CREATE TRIGGER {table}_keep_code BEFORE UPDATE OF code OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION keep_code()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_code()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_code")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")
    for table, function in (("entry", "refuse_unknown"), ("leaf", "refuse_foreign_leaf")):
        op.execute(
            f"CREATE TRIGGER {table}_known AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    for column in NAMED:
        op.drop_constraint(op.f(f"entry_{column}_fkey"), "entry")
    op.drop_constraint(op.f("leaf_entry_fkey"), "leaf")


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
