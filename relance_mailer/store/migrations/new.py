"""Write a revision from the difference between the tables and the migrations so far.

python -m relance_mailer.store.migrations.new WORDS     the next revision; then set HEAD in store/schema.py
python -m relance_mailer.store.migrations.new --first   0001_first.py anew: until the first release only
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from relance_mailer.store.db import Database
from relance_mailer.store.schema import alembic_config, migrate, rebuilding_engine

_VERSIONS = Path(__file__).parent / "versions"


def main(arguments: list[str]) -> None:
    """Write the revision that `arguments` ask for."""
    if not arguments:
        raise SystemExit(__doc__)
    words = "first" if arguments == ["--first"] else " ".join(arguments)
    if words == "first":
        (_VERSIONS / "0001_first.py").unlink(missing_ok=True)
    number = 1 + max((int(file.name[:4]) for file in _VERSIONS.glob("[0-9]*.py")), default=0)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "empty.db")
        if number > 1:
            migrate(database)
        engine = rebuilding_engine(database)
        with engine.connect() as connection:
            config = alembic_config()
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            config.attributes["connection"] = connection
            command.revision(config, words, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()
        database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
