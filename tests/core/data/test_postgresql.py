"""A table and a query of a real PostgreSQL: read-only, and its password is nowhere."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from core.api import train
from core.data import describe, load_ratings
from core.errors import DataError

pytest.importorskip("adbc_driver_postgresql")
PROGRAMS = {name: shutil.which(name) for name in ("initdb", "postgres", "psql")}
if not all(PROGRAMS.values()):
    pytest.skip("no PostgreSQL server is installed", allow_module_level=True)
PASSWORD = "open-sesame-71"


def unprivileged():
    """A server doesn't run as root: another user starts it there."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server():
    """The address of a server of its own; its folder must lie where the other user may go."""
    with tempfile.TemporaryDirectory() as place:
        folder, identity = Path(place), unprivileged()
        folder.chmod(0o755)
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        common = {**identity, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        secret, port = folder / "secret", free_port()
        secret.write_text(PASSWORD)
        made = ["-D", folder / "data", "-U", "shop", "--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run([PROGRAMS["initdb"], *map(str, made)], check=True, **common)
        options = ["-D", folder / "data", "-p", port, "-k", folder, "-c", "fsync=off"]
        process = subprocess.Popen([PROGRAMS["postgres"], *map(str, options)], **common)
        address = f"postgresql://shop:{PASSWORD}@127.0.0.1:{port}/postgres"
        try:
            _wait(address, process)
            _run(address, SETUP)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _run(address, statement):
    command = [PROGRAMS["psql"], address, "-qtA", "-v", "ON_ERROR_STOP=1", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _wait(address, process):
    for _ in range(300):
        try:
            _run(address, "SELECT 1")
        except subprocess.CalledProcessError:
            assert process.poll() is None
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server doesn't answer")


SETUP = """
CREATE TABLE orders AS SELECT u AS customer, 'p' || i AS product, ((u * i) % 5 + 1)::numeric AS stars,
  timestamptz '2020-01-01' + (u * 100 + i) * interval '1 minute' AS created_at
  FROM generate_series(1, 20) u, generate_series(1, 12) i ORDER BY u, i;
CREATE TABLE people (customer int, city text);
CREATE TABLE products AS SELECT 'p' || i AS product, 'Thing ' || i AS title, 'a|b' AS genres
  FROM generate_series(1, 12) i;
"""


def test_a_table_is_found_and_read(server):
    table = load_ratings(server)
    assert (len(table), table.user_count, table.item_count) == (240, 20, 12)
    assert table.reading["table"] == "orders"
    assert table.ratings.tolist()[:3] == [2, 3, 4]
    assert int(table.timestamps[0]) == 1_577_836_800 + 101 * 60
    assert table.name == "postgres"


def test_a_query_is_read(server):
    query = "SELECT customer, product, stars FROM orders WHERE customer > 10 ORDER BY 1, 2"
    table = load_ratings(server, {"query": query})
    assert (len(table), table.user_count) == (120, 10)
    titled = load_ratings(server, {"query": query, "items_table": "products"})
    assert titled.item_table.titles[0] == "Thing 1"


def test_the_table_of_items_beside_it_is_read(server):
    table = load_ratings(server)
    assert table.reading["items_table"] == "products"
    assert (table.item_table.titles[0], table.item_table.genres[0]) == ("Thing 1", ("a", "b"))
    assert load_ratings(server, {"items": "none"}).item_table.titles[0] == "p1"
    with pytest.raises(DataError, match="no table 'goods'"):
        load_ratings(server, {"items_table": "goods"})


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM nowhere",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT 1; DELETE FROM orders",
        "SELECT setval('s', 1)",
    ],
)
def test_nothing_is_written(server, query):
    with pytest.raises(DataError, match="the database answers") as caught:
        load_ratings(server, {"query": query})
    assert PASSWORD not in str(caught.value)
    assert _run(server, "SELECT count(*) FROM orders").strip() == "240"


def test_the_password_is_nowhere(server, tmp_path, capsys):
    table = load_ratings(server)
    assert PASSWORD not in json.dumps(describe(table))
    assert table.reading["source"].startswith("postgresql://shop@127.0.0.1")
    run = train(table, "bias", folder=tmp_path / "run", epochs=1)
    for path in run.folder.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()
    assert PASSWORD not in "".join(capsys.readouterr())


def test_the_recorded_address_opens_it_again(server, monkeypatch):
    table = load_ratings(server)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert load_ratings(table.reading["source"], table.reading).fingerprint == table.fingerprint


@pytest.mark.parametrize("wrong", ["wrong-password", "p%40ss"])
def test_a_refused_password_is_not_told(server, wrong):
    with pytest.raises(DataError) as caught:
        load_ratings(server.replace(PASSWORD, wrong))
    assert wrong not in str(caught.value)
    assert "p@ss" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there():
    with pytest.raises(DataError) as caught:
        load_ratings(f"postgresql://shop:{PASSWORD}@127.0.0.1:{free_port()}/postgres?connect_timeout=2")
    assert PASSWORD not in str(caught.value)
