"""The database refuses what would change the trail.

PostgreSQL refuses UPDATE, DELETE and TRUNCATE. Two settings of a transaction open a door each, and nothing else does:

- ``SET LOCAL keyturn.trail_retention = 'on'``: DELETE, for ``prune_trail``;
- ``SET LOCAL keyturn.trail_truncate = 'on'``: TRUNCATE, for Django's test runner, which empties tables between tests.

SQLite has no such settings: it refuses UPDATE, and the model refuses the rest. A later migration that alters the table
on SQLite copies it, and loses the trigger: it must add it again.
"""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_TABLE = "keyturn_audit_event"

_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION keyturn_trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND current_setting('keyturn.trail_retention', true) = 'on' THEN
            RETURN OLD;
        END IF;
        IF TG_OP = 'TRUNCATE' AND current_setting('keyturn.trail_truncate', true) = 'on' THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'the trail is append-only: % is refused', TG_OP
            USING ERRCODE = 'restrict_violation',
                  HINT = 'The command prune_trail removes what is older than the retention.';
    END
    $$
    """,
    f"""
    CREATE TRIGGER keyturn_trail_rows BEFORE UPDATE OR DELETE ON {_TABLE}
        FOR EACH ROW EXECUTE FUNCTION keyturn_trail_is_append_only()
    """,
    f"""
    CREATE TRIGGER keyturn_trail_truncate BEFORE TRUNCATE ON {_TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION keyturn_trail_is_append_only()
    """,
)

_SQLITE = (
    f"""
    CREATE TRIGGER keyturn_trail_rows BEFORE UPDATE ON {_TABLE}
    BEGIN SELECT RAISE(ABORT, 'the trail is append-only: UPDATE is refused'); END
    """,
)

_UNDO = {
    "postgresql": (
        f"DROP TRIGGER IF EXISTS keyturn_trail_rows ON {_TABLE}",
        f"DROP TRIGGER IF EXISTS keyturn_trail_truncate ON {_TABLE}",
        "DROP FUNCTION IF EXISTS keyturn_trail_is_append_only()",
    ),
    "sqlite": ("DROP TRIGGER IF EXISTS keyturn_trail_rows",),
}


def _refuse(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in {"postgresql": _POSTGRESQL, "sqlite": _SQLITE}.get(schema_editor.connection.vendor, ()):
        schema_editor.execute(statement, params=None)


def _allow(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _UNDO.get(schema_editor.connection.vendor, ()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Add the triggers."""

    dependencies: ClassVar = [("keyturn", "0003_accounts")]

    operations: ClassVar = [migrations.RunPython(_refuse, _allow)]
