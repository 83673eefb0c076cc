import psycopg
import pytest

from exporter_stub.deadline import Deadlines


def test_what_takes_longer_than_its_limit_is_broken_off(dsn: str) -> None:
    """As a server that is stopped: its own time-out is longer than ours."""
    with Deadlines() as deadlines, psycopg.connect(dsn, autocommit=True) as connection:
        with deadlines.limit(connection, 5):
            connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError), deadlines.limit(connection, 0.2):
            connection.execute("SELECT pg_sleep(4)")
        assert connection.closed


def test_a_limit_ends_with_its_block(dsn: str) -> None:
    with Deadlines() as deadlines, psycopg.connect(dsn, autocommit=True) as connection:
        with deadlines.limit(connection, 0.1):
            pass
        connection.execute("SELECT pg_sleep(0.4)")
        assert not connection.closed


def test_all_that_is_waited_for_can_be_broken_off_at_once(dsn: str) -> None:
    with (
        Deadlines() as deadlines,
        psycopg.connect(dsn) as idle,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        with deadlines.limit(connection, 60):
            deadlines.expire()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        assert idle.execute("SELECT 1").fetchone() == (1,)
