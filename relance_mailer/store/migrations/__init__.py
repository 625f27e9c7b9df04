"""Alembic's migrations: env.py is called by store.schema, new.py writes a revision."""
