"""Database migrations (alembic) for SQLite and PostgreSQL; revisions never import `mes.models`."""
