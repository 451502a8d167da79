"""Fetching from a server that drops, corrupts, stalls and refuses; all on the loopback."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.contract import Edition, NamedDataset
from core.data import load_ratings
from core.data.fetching import fetch, list_datasets
from core.data.fetching.downloading import ATTEMPTS, Downloader
from core.errors import DataError, UsageError

LICENCE = "For tests: share alike."


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        rows = "".join(f"{n % 91},{n},{n % 9 + 1},{n}\n" for n in range(20_000))
        packed.writestr("tiny/ratings.csv", "userId,movieId,rating,timestamp\n" + rows)
        packed.writestr("tiny/movies.csv", "movieId,title,genres\n0,Zero (2000),Drama\n")
    return buffer.getvalue()


BODY = archive()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        getattr(self, self.path.strip("/").replace("-", "_"))()

    def good(self, status=200, body=BODY, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def start(self):
        """Where the client wants to go on, and the status for it."""
        wanted = self.headers.get("Range")
        return (int(wanted.removeprefix("bytes=").rstrip("-")), 206) if wanted else (0, 200)

    def drops(self):
        """Sends at most 60,000 bytes of what is asked for and hangs up."""
        first, status = self.start()
        rest = BODY[first:]
        self.good(status, rest[:60_000], len(rest))

    def drops_and_never_resumes(self):
        self.good(200, BODY[: 60_000 * len(self.server.asked)], len(BODY))

    def corrupts(self):
        self.good(body=BODY[:5000] + bytes(100) + BODY[5100:])

    def cuts(self):
        self.good(body=BODY[:-1000])

    def stalls(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:1000])
        self.wfile.flush()
        self.server.released.wait()  # until the test is over: whoever waits for more waits for ever

    def missing(self):
        self.send_error(404)

    def stale(self):
        first, _ = self.start()
        if first:
            self.send_error(416)
        else:
            self.good()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("core.data.fetching.downloading.PAUSE", 0.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.asked, served.released = [], threading.Event()
        threading.Thread(target=served.serve_forever, args=(0.02,), daemon=True).start()
        yield served
        served.released.set()
        served.shutdown()


def dataset(server, *paths, sha256=None):
    urls = tuple(f"http://127.0.0.1:{server.server_port}/{path}" for path in paths)
    return NamedDataset("tiny", "A tiny set.", Edition(urls, "tiny.zip", sha256), LICENCE)


def get(source, timeout=60, **options):
    return fetch("tiny", accept_licence=True, sources=[source], timeout=timeout, **options)


def test_fetch_then_load_by_name(server):
    seen = []
    source = dataset(server, "good", sha256=hashlib.sha256(BODY).hexdigest())
    fetched = get(source, progress=lambda done, total: seen.append((done, total)))
    assert fetched.sha256 == source.edition.sha256
    assert fetched.size == len(BODY)
    assert seen[-1] == (len(BODY), len(BODY))
    ratings = load_ratings("tiny", sources=[source])
    assert len(ratings) == 20_000
    assert ratings.name == "tiny"
    assert ratings.item_table.titles[0] == "Zero (2000)"
    assert (
        load_ratings(ratings.reading["source"], ratings.reading, [source]).fingerprint == ratings.fingerprint
    )


def test_a_second_fetch_asks_nobody(server):
    source = dataset(server, "good")
    get(source)
    again = get(source)
    assert len(server.asked) == 1
    assert "already there" in again.message


def test_a_file_damaged_since_is_fetched_again(server):
    source = dataset(server, "good")
    path = Path(get(source).path)
    path.write_bytes(BODY[:5000])
    assert "fetched from" in get(source).message
    assert path.read_bytes() == BODY


def test_a_full_disk_is_told(server, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Downloader, "_receive", full)
    with pytest.raises(DataError, match="No space left"):
        get(dataset(server, "good"))


def test_no_address_is_told(server):
    with pytest.raises(DataError, match="no address") as caught:
        get(dataset(server))
    assert "--from-file" in caught.value.hint


def test_licence_comes_first(server):
    with pytest.raises(UsageError, match=LICENCE):
        fetch("tiny", sources=[dataset(server, "good")])
    assert server.asked == []


def test_before_fetching_a_name_says_how(server):
    with pytest.raises(DataError, match="tastemap data fetch tiny"):
        load_ratings("tiny", sources=[dataset(server, "good")])


def test_a_dropped_download_is_resumed(server):
    fetched = get(dataset(server, "drops"))
    assert fetched.sha256 == hashlib.sha256(BODY).hexdigest()
    assert server.asked[1] == ("/drops", f"bytes={60_000 // (1 << 14) * (1 << 14)}-")


def test_a_server_that_does_not_resume_starts_again(server):
    assert get(dataset(server, "drops-and-never-resumes")).sha256 == hashlib.sha256(BODY).hexdigest()


def test_a_resume_that_does_not_fit_starts_again(server, own_cache):
    source = dataset(server, "stale")
    mark = hashlib.sha256(source.edition.urls[0].encode()).hexdigest()[:8]
    part = own_cache / "tastemap" / "datasets" / f"tiny.zip.part.{mark}"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"old")
    assert get(source).sha256 == hashlib.sha256(BODY).hexdigest()


def test_a_stall_ends_with_one_error_after_so_many_attempts(server):
    with pytest.raises(DataError, match="stopped answering") as caught:
        get(dataset(server, "stalls"), timeout=0.3)
    assert "--from-file" in caught.value.hint
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize("path", ["stalls", "missing", "drops-and-never-resumes", "corrupts", "cuts"])
def test_the_next_mirror_is_tried(server, path, monkeypatch):
    monkeypatch.setattr("core.data.fetching.downloading.ATTEMPTS", 1)
    timeout = 0.3 if path == "stalls" else 60
    assert "good" in get(dataset(server, path, "good"), timeout).message


def test_a_missing_file_names_the_status(server):
    with pytest.raises(DataError, match="HTTP status 404"):
        get(dataset(server, "missing"))


def test_offline_is_said_once(server, unused_port):
    source = NamedDataset("tiny", "", Edition((f"http://127.0.0.1:{unused_port}/a",), "tiny.zip"), LICENCE)
    with pytest.raises(DataError, match="no connection") as caught:
        get(source)
    assert "--from-file" in caught.value.hint


def test_no_secure_connection_is_said(server):
    source = NamedDataset(
        "tiny", "", Edition((f"https://127.0.0.1:{server.server_port}/a",), "tiny.zip"), LICENCE
    )
    with pytest.raises(DataError, match="no secure connection"):
        get(source)


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def leftovers(own_cache):
    return sorted(file.name for file in (own_cache / "tastemap" / "datasets").iterdir())


def test_a_wrong_published_checksum_leaves_nothing(server, own_cache):
    with pytest.raises(DataError, match="not the published checksum"):
        get(dataset(server, "good", sha256="0" * 64))
    assert leftovers(own_cache) == []


@pytest.mark.parametrize("path", ["corrupts", "cuts"])
def test_a_damaged_archive_is_noticed_without_a_checksum(server, own_cache, path):
    with pytest.raises(DataError, match=r"damaged archive|damaged at 'tiny"):
        get(dataset(server, path))
    assert leftovers(own_cache) == []


def test_the_first_checksum_is_recorded_and_said(server, own_cache, tmp_path):
    assert "recorded the one seen" in get(dataset(server, "good")).message
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("ratings.csv", "userId,movieId,rating\n1,1,1\n")
    with pytest.raises(DataError, match="checksum seen at the first fetch"):
        get(dataset(server, "good"), from_file=other)
    assert len(load_ratings("tiny", sources=[dataset(server, "good")])) == 20_000


def test_from_file(server, tmp_path):
    by_hand = tmp_path / "by-hand.zip"
    by_hand.write_bytes(BODY)
    source = dataset(server, "missing", sha256=hashlib.sha256(BODY).hexdigest())
    assert "taken from" in get(source, from_file=by_hand).message
    assert server.asked == []
    with pytest.raises(DataError, match="not found"):
        get(source, from_file=tmp_path / "nowhere.zip")


def test_listing_tells_what_is_there(server):
    source = dataset(server, "good")
    assert {row["name"]: row["fetched"] for row in list_datasets([source])}["tiny"] is False
    get(source)
    listed = {row["name"]: row for row in list_datasets([source])}
    assert listed["tiny"]["fetched"] is True
    assert listed["demo"]["fetched"] is True
    assert listed["ml-25m"]["fetched"] is False
    assert "GroupLens" in listed["ml-25m"]["licence"]


def test_unknown_name_and_name_given_twice(server):
    with pytest.raises(UsageError, match="ml-25m"):
        fetch("ml-25", accept_licence=True)
    with pytest.raises(UsageError, match="Two data sets"):
        list_datasets([dataset(server, "good"), dataset(server, "good")])
