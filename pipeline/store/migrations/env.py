"""Run the revisions on the connection given by `pipeline.store.schema`, inside its transaction."""

from alembic import context

from pipeline.store.schema import VERSION_TABLE, compared
from pipeline.store.tables import metadata


def migrate() -> None:
    """Bring the database to the revision that was asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        transactional_ddl=True,  # SQLite too, since we begin its transactions ourselves
        include_name=compared,
        render_as_batch=True,  # SQLite alters a table by copying it
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # Alembic loads the file under this name; who imports it otherwise wants to read it
    migrate()
