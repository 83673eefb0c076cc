from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.conninfo import conninfo_to_dict

from exporter_stub.database import create_schema, with_time_outs
from tests.exporter_stub.conftest import execute

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'execution_llm_usage'"


def test_waits_are_bounded_and_what_was_given_stays() -> None:
    dsn = with_time_outs("postgresql://u@h:5/d?connect_timeout=2&options=-csearch_path%3Dx")
    given = conninfo_to_dict(dsn)
    assert given["connect_timeout"] == "2"
    assert given["options"] == "-c statement_timeout=5000 -csearch_path=x"
    assert given["tcp_user_timeout"] == "5000"


def test_a_database_with_tables_of_others_is_left_as_it_is(empty_dsn: str) -> None:
    execute(empty_dsn, "CREATE TABLE workflow_states (id int)")
    execute(empty_dsn, "CREATE TABLE schema_migrations (version bigint)")
    with pytest.raises(OSError, match=r"already exists.*: give the exporter a database of"):
        create_schema(empty_dsn)
    assert len(execute(empty_dsn, _TABLES)) == 2


def test_the_contracts_columns_are_indexed(dsn: str) -> None:
    indexed = {str(row[0]) for row in execute(dsn, _INDEXES)}
    for columns in ("(workflow_exec_id)", "(task_exec_id)", "(component, created_at)"):
        assert any(text.endswith(columns) for text in indexed), columns


def test_exporters_that_start_at_once_create_the_schema_once(empty_dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(create_schema, [empty_dsn] * 4)) == [None] * 4
