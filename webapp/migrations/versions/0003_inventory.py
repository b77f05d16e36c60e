"""The inventory: more about cameras, settings that groups hand down, rights on groups, imports, bulk work, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.models import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("group_roles", "api_tokens", "saved_views", "audit_entries", "import_rows", "imports", "bulk_cameras", "bulk_actions")
HANDED_DOWN = {
    "enable_detection": sa.Boolean,
    "detection_sensitivity": sa.Float,
    "check_interval_seconds": sa.Integer,
    "retention_days": sa.Integer,
}
FACTS = {
    "code": sa.String(64),
    "sub_rtsp_url": sa.String(2048),
    "vendor": sa.String(100),
    "model": sa.String(100),
    "notes": sa.Text(),
    "check_interval_seconds": sa.Integer(),
    "retention_days": sa.Integer(),
}


def upgrade() -> None:
    for name, kind in HANDED_DOWN.items():
        op.add_column("camera_groups", sa.Column(name, kind()))
    op.add_column("camera_groups", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    _more_about_cameras()
    op.add_column("users", sa.Column("time_zone", sa.String(64)))
    _rights()
    _saved_views()
    _audit_entries()
    _imports()
    _bulk_actions()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
    op.drop_column("users", "time_zone")
    op.drop_index("uq_cameras_code_lower", "cameras")
    _always_own("enable_detection", sa.Boolean(), sa.true())
    _always_own("detection_sensitivity", sa.Float(), sa.text("0.7"))
    for name in (*FACTS, "stream", "tags"):
        op.drop_column("cameras", name)
    for name in (*HANDED_DOWN, "version"):
        op.drop_column("camera_groups", name)


def _more_about_cameras() -> None:
    for name, kind in FACTS.items():
        op.add_column("cameras", sa.Column(name, kind))
    op.add_column("cameras", sa.Column("stream", sa.String(4), nullable=False, server_default="main"))
    op.add_column("cameras", sa.Column("tags", sa.Text, nullable=False, server_default=""))
    op.create_index("uq_cameras_code_lower", "cameras", [sa.text("lower(code)")], unique=True)
    _inheritable("enable_detection", sa.Boolean(), sa.true())
    _inheritable("detection_sensitivity", sa.Float(), sa.text("0.7"))


# Neither of the next two is done in a batch: on SQLite that would make the table anew, and dropping the old one deletes
# every history.


def _inheritable(name: str, kind: sa.types.TypeEngine[object], usual: sa.ColumnElement[object]) -> None:
    """Make the column nullable; what is as a new camera's was is inherited from now on."""
    op.add_column("cameras", sa.Column("own", kind))
    table = sa.table("cameras", sa.column(name), sa.column("own"))
    op.execute(table.update().where(table.c[name] != usual).values(own=table.c[name]))
    _put_in_place_of(name)


def _always_own(name: str, kind: sa.types.TypeEngine[object], usual: sa.ColumnElement[object]) -> None:
    op.add_column("cameras", sa.Column("own", kind, nullable=False, server_default=usual))
    table = sa.table("cameras", sa.column(name), sa.column("own"))
    op.execute(table.update().where(table.c[name].is_not(None)).values(own=table.c[name]))
    _put_in_place_of(name)


def _put_in_place_of(name: str) -> None:
    op.drop_column("cameras", name)
    op.execute(f"ALTER TABLE cameras RENAME COLUMN own TO {name}")


def _id() -> sa.Column:
    return sa.Column("id", sa.String(36), primary_key=True)


def _person(**options: bool) -> sa.Column:
    return sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, **options)


def _starter() -> sa.Column:
    return sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)


def _when(name: str, nullable: bool = False, **options: bool) -> sa.Column:
    return sa.Column(name, UtcDateTime(), nullable=nullable, **options)


def _rights() -> None:
    group = sa.ForeignKey("camera_groups.id", ondelete="CASCADE")
    op.create_table(
        "group_roles",
        _person(primary_key=True),
        sa.Column("group_id", sa.String(36), group, primary_key=True, index=True),
        sa.Column("role", sa.String(20), nullable=False),
    )
    op.create_table(
        "api_tokens",
        _id(),
        _person(index=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("beginning", sa.String(8), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        _when("created_at"),
        _when("expires_at", nullable=True),
        _when("last_used_at", nullable=True),
        _when("revoked_at", nullable=True),
    )


def _saved_views() -> None:
    op.create_table(
        "saved_views",
        _id(),
        _person(index=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("address", sa.String(2048), nullable=False),
        sa.Column("is_shared", sa.Boolean, nullable=False),
        _when("created_at"),
    )


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        _id(),
        _when("at"),
        sa.Column("user_id", sa.String(36)),
        sa.Column("actor", sa.String(300), nullable=False),
        sa.Column("address", sa.String(45)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("camera_id", sa.String(36)),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at", "id"])
    for name, column in (("camera", "camera_id"), ("user", "user_id"), ("action", "action")):
        op.create_index(f"ix_audit_entries_{name}_at", "audit_entries", [column, "at"])
    _refuse_changes_of_audit_entries()


def _refuse_changes_of_audit_entries() -> None:
    """Only whoever may change the schema gets around these. A later migration that makes the table anew on SQLite, as
    a batch does, has to make them anew too.
    """
    if op.get_context().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entries_no_{change.lower()} BEFORE {change} ON audit_entries "
                "BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_entries is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )


def _imports() -> None:
    op.create_table(
        "imports",
        _id(),
        _starter(),
        sa.Column("acted_by_id", sa.String(36), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("file", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("group_ids", sa.JSON, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("wants_cancel", sa.Boolean, nullable=False),
        sa.Column("problem", sa.String(500)),
        _when("created_at", index=True),
        _when("started_at", nullable=True),
        _when("progress_at"),
        _when("finished_at", nullable=True),
    )
    _import_rows()


def _import_rows() -> None:
    the_import = sa.ForeignKey("imports.id", ondelete="CASCADE")
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.String(36), the_import, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("camera_id", sa.String(36)),
        sa.Column("name", sa.String(255)),
        sa.Column("problems", sa.JSON),
        sa.Column("changes", sa.JSON),
        sa.Column("outcome", sa.String(30)),
        sa.Column("before", sa.JSON),
        sa.Column("version", sa.Integer),
        sa.Column("is_applied", sa.Boolean, nullable=False),
    )


def _bulk_actions() -> None:
    undone = sa.ForeignKey("bulk_actions.id", ondelete="CASCADE")
    op.create_table(
        "bulk_actions",
        _id(),
        _starter(),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("undoes_id", sa.String(36), undone, index=True),
        sa.Column("state", sa.String(20), nullable=False),
        _when("created_at", index=True),
        _when("started_at", nullable=True),
        _when("progress_at"),
        _when("finished_at", nullable=True),
    )
    the_action = sa.ForeignKey("bulk_actions.id", ondelete="CASCADE")
    op.create_table(
        "bulk_cameras",
        sa.Column("bulk_id", sa.String(36), the_action, primary_key=True),
        sa.Column("camera_id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("result", sa.String(10)),
        sa.Column("problem", sa.String(300)),
        sa.Column("before", sa.JSON),
        sa.Column("version", sa.Integer),
    )
