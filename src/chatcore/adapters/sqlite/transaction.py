"""Writes as jobs, and the transaction that carries out several of them (architecture 5)."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from chatcore.adapters.sqlite.errors import is_locked
from chatcore.adapters.sqlite.rows import Outdated
from chatcore.adapters.sqlite.settings import Durability
from chatcore.adapters.sqlite.times import to_micros
from chatcore.domain.errors import ChatcoreError
from chatcore.ports.clock import Clock


class WriteJob(ABC):
    """Something to be written. It may be tried several times; only the last try counts."""

    durable: ClassVar[bool] = True
    """Whether its commit must survive a crash of the machine. Nothing else can lose those that need not."""

    @abstractmethod
    def check(self, connection: sqlite3.Connection) -> None:
        """Look whether it can be done, without writing. Raises what its caller is to be told; others are not harmed."""

    @abstractmethod
    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """Do it. Any error undoes the whole transaction."""


class Locked(Exception):
    """Another process holds the write lock; nothing was done."""


class GroupFailed(Exception):
    """One of several jobs spoilt the transaction; nothing was written, each has to be tried alone."""


class Writer:
    """Carries out jobs in transactions of one connection; synchronous, and so never cancelled half-way."""

    def __init__(self, connection: sqlite3.Connection, *, clock: Clock, durability: Durability) -> None:
        self._connection = connection
        self._clock = clock
        self._durability = durability
        self._current: Durability | None = None

    def commit(self, jobs: Sequence[WriteJob]) -> list[Exception | None]:
        """Carry out all jobs in one transaction; what went wrong with each.

        Raises: Locked; GroupFailed, if there are several.
        """
        try:
            self._begin(jobs)
        except sqlite3.Error as error:
            if is_locked(error):
                raise Locked from error
            return [error for _ in jobs]
        try:
            now = to_micros(self._clock.now())
            failures = [self._run(job, now) for job in jobs]
            self._connection.execute("COMMIT")
        except Exception as error:
            if len(jobs) > 1:
                raise GroupFailed from error
            return [error]
        finally:
            # Some errors have rolled back already, others leave the transaction open.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return failures

    def _begin(self, jobs: Sequence[WriteJob]) -> None:
        durable = any(job.durable for job in jobs)
        wanted = self._durability if durable else Durability.NORMAL
        if wanted is not self._current:
            # In write-ahead mode NORMAL means that a commit does not wait for the disk.
            self._connection.execute(f"PRAGMA synchronous = {wanted}")
            self._current = wanted
        self._connection.execute("BEGIN IMMEDIATE")

    def _run(self, job: WriteJob, now: int) -> Exception | None:
        try:
            job.check(self._connection)
        except (ChatcoreError, Outdated) as error:
            return error
        job.write(self._connection, now)
        return None
