"""As little as anything durable can do: one row is changed, and that is committed."""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

AT_ONCE: Final = 32


def on_sqlite(path: Path) -> Callable[[], object]:
    """In WAL with synchronous=FULL, as the store does it."""
    return opened(path)[1]


def opened(path: Path) -> tuple[sqlite3.Connection, Callable[[], object]]:
    """The same, and the connection that it is made on."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        connection.execute("CREATE TABLE raw (key INTEGER PRIMARY KEY, value INTEGER)")
        connection.execute("INSERT INTO raw VALUES (1, 0)")
        connection.execute("PRAGMA user_version = 1")

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE raw SET value = value + 1 WHERE key = 1")
        connection.execute("COMMIT")

    return connection, commit


def on_postgres(url: str, key: int = 0) -> Callable[[], object]:
    """By one prepared statement, which is a transaction of its own."""
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    connection.execute("CREATE TABLE IF NOT EXISTS raw (key bigint PRIMARY KEY, value bigint)")
    connection.execute("INSERT INTO raw VALUES (%s, 0) ON CONFLICT DO NOTHING", (key,))
    cursor = connection.cursor()

    def commit() -> None:
        cursor.execute("UPDATE raw SET value = value + 1 WHERE key = %s", (key,))

    return commit


def at_once_on_postgres(url: str, each: int) -> float:
    """Seconds for so many commits by each of 32 threads, on connections and rows of their own."""
    works = [on_postgres(url, key) for key in range(1, AT_ONCE + 1)]
    together = threading.Barrier(AT_ONCE + 1)

    def many(work: Callable[[], object]) -> None:
        together.wait()
        for _ in range(each):
            work()

    threads = [threading.Thread(target=many, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    together.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start
