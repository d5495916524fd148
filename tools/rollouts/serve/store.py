"""What the server keeps: the database, and the bytes of the artifacts beside it.

One connection, used by one event loop: requests follow each other, so nobody sees half a
change. The file is locked for other processes while the server runs.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL, create_engine, event, func, select
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import StaticPool

from . import errors
from .clock import Clock
from .defaults import add_default_types
from .model import FORMAT, Artifact, Base, ConfigValue
from .rollouts import model as _rollouts  # noqa: F401  # tables of Base.metadata
from .settings import Settings

IN_MEMORY = ":memory:"
# Beside the tenant's configuration, of which it is the default.
_GATEWAY_TOKEN = "serve.gatewaytoken"


class StoreError(Exception):
    """The database or the artifact folder cannot be used; the text says what to do."""


class Work:
    """One transaction: the session, the moment it happens at, and who asked for it."""

    def __init__(self, store: "Store", db: Session, user: str):
        self.store = store
        self.settings = store.settings
        self.db = db
        self.now = store.clock.now_ms()
        self.user = user or store.settings.user

    def add(self, entity, by: str | None = None):
        """Store a new entity, under an id, as made now by the user (or `by`)."""
        entity.created_by = entity.last_modified_by = by or self.user
        entity.created_at = entity.last_modified_at = self.now
        self.db.add(entity)
        self.db.flush()
        return entity

    def count(self, *conditions) -> int:
        """How many rows hold them, of the table that they name."""
        return self.db.scalar(select(func.count()).where(*conditions))

    def count_by(self, column, *conditions) -> dict:
        """How many rows hold them, by their value in that column."""
        counted = select(column, func.count()).where(*conditions).group_by(column)
        return dict(self.db.execute(counted).all())

    def touch(self, entity) -> None:
        """Note that the user changed `entity`. What a device changes is not noted."""
        entity.last_modified_by = self.user
        entity.last_modified_at = self.now


class Store:
    """Opens or makes the database at `path` (or in memory) and the folder beside it."""

    def __init__(self, path: str, clock: Clock, settings: Settings):
        self.clock = clock
        self.settings = settings
        self._config: dict | None = None
        self._scratch = tempfile.mkdtemp(prefix="rollouts-") if path == IN_MEMORY else None
        if path != IN_MEMORY:
            _make_private(path)
        self._engine = _engine(path)
        try:
            self._create(path)
            self.files = ArtifactFiles(Path(self._scratch or path + ".artifacts"))
        except BaseException:
            self.close()
            raise

    def _create(self, path: str) -> None:
        try:
            with self._engine.connect() as connection:
                found = connection.exec_driver_sql("PRAGMA user_version").scalar()
                if found not in (0, FORMAT):
                    raise StoreError(
                        f"{path} has format {found}, this version needs {FORMAT}: "
                        "take another --db, or delete the file"
                    )
                Base.metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {FORMAT}")
                connection.commit()
        except DatabaseError as e:
            hint = "; is a server running on it?" if "locked" in str(e.orig) else ""
            raise StoreError(f"{path} cannot be used: {e.orig}{hint}")
        self.add_defaults()

    def add_defaults(self) -> None:
        with self.work("system") as work:
            add_default_types(work)
            token = self.settings.gateway_token or _kept_gateway_token(work)
        self.settings = replace(self.settings, gateway_token=token)

    @contextmanager
    def work(self, user: str = "") -> Iterator[Work]:
        """A transaction: committed at the end, rolled back when anything is raised.

        There must be no `await` inside: the connection is everyone's.
        """
        try:
            with Session(self._engine, expire_on_commit=False) as db, db.begin():
                yield Work(self, db, user)
        except IntegrityError:
            raise errors.already_exists("Such an entity exists already.")
        except StaleDataError:
            raise errors.concurrent_modification()

    def config_values(self, db: Session) -> dict:
        """The stored configuration. Asked for several times a poll, so it is remembered."""
        if self._config is None:
            self._config = {row.key: row.value for row in db.scalars(select(ConfigValue))}
        return self._config

    def forget_config(self) -> None:
        self._config = None

    def reset(self) -> None:
        """Forget everything, ids too."""
        with self._engine.connect() as connection:
            Base.metadata.drop_all(connection)
            Base.metadata.create_all(connection)
            connection.commit()
        self.forget_config()
        self.files.clear()
        self.add_defaults()

    def drop_unused(self, work: Work, sha256: str) -> None:
        """Delete the bytes under `sha256` unless an artifact still needs them."""
        work.db.flush()
        if not work.count(Artifact.sha256 == sha256):
            self.files.remove(sha256)

    def close(self) -> None:
        self._engine.dispose()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)


class ArtifactFiles:
    """The bytes of artifacts, by sha256. The names they came with are never used as paths."""

    def __init__(self, folder: Path):
        self.folder = folder
        try:
            folder.mkdir(0o700, exist_ok=True)
            _refuse_symlink(folder)
            folder.chmod(0o700)
        except OSError as e:
            raise StoreError(f"the artifact folder {folder} cannot be made: {e.strerror}")

    def path(self, sha256: str) -> Path:
        return self.folder / sha256

    def incoming(self) -> Path:
        """A new file to write to until the hash is known."""
        path = self.folder / f"incoming-{secrets.token_hex(8)}"
        path.touch(0o600, exist_ok=False)
        return path

    def keep(self, incoming: Path, sha256: str) -> None:
        os.replace(incoming, self.path(sha256))

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def clear(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()


def _kept_gateway_token(work: Work) -> str:
    """The token of the database's first start: the devices that have it stay known."""
    kept = work.db.get(ConfigValue, _GATEWAY_TOKEN)
    if kept is None:
        kept = work.add(ConfigValue(key=_GATEWAY_TOKEN, value=secrets.token_hex(16)))
    return kept.value


def _make_private(path: str) -> None:
    """Nobody else reads the tokens in it: SQLite gives its other files the mode of this one."""
    try:
        for suffix in ("", "-wal", "-shm", "-journal"):
            _refuse_symlink(Path(path + suffix))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                os.chmod(path + suffix, 0o600)
    except OSError as e:
        raise StoreError(f"{path} cannot be used: {e.strerror}")


def _refuse_symlink(path: Path) -> None:
    if path.is_symlink():
        raise StoreError(f"{path} is a symbolic link: name the place itself")


def _engine(path: str):
    url = URL.create("sqlite", database=path)  # a path may hold ? and %
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 0}
    )

    @event.listens_for(engine, "connect")
    def configure(connection, _record):
        connection.isolation_level = None  # transactions begin where SQLAlchemy says
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    return engine
