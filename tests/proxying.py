"""The shipped configurations of nginx and Caddy, run on free ports in front of a real server."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.browsing import ROOT, free_port

DEPLOY = ROOT / "deploy"
# What the shipped files say, and what a test puts in its place.
NAME, BACKEND, CERTIFICATES = (
    "fractals.example.org",
    "127.0.0.1:5006",
    "/etc/letsencrypt/live/fractals.example.org",
)


def program(name: str) -> str:
    """A program's path; without it the test is skipped, or fails where proxies are required."""
    # nginx is where the paths of users who are not root often do not lead.
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        reason = f"{name} is not installed"
        if os.environ.get("MANDEL_REQUIRE_PROXIES"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@dataclass(frozen=True)
class Certificate:
    """A self-signed one for localhost."""

    chain: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        made = cls(folder / "fullchain.pem", folder / "privkey.pem")
        subprocess.run(
            [
                *(program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
                *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
                *("-days", "2", "-keyout", str(made.key), "-out", str(made.chain)),
            ],
            check=True,
            capture_output=True,
        )
        return made


@cache
def unchecked() -> ssl.SSLContext:
    """TLS with whoever answers: the certificate is our own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def edited(text: str, changes: dict[str, str]) -> str:
    """The text with each of these replaced. Each must be there: else something else is tested."""
    for old, new in changes.items():
        assert old in text, f"the shipped file has no {old!r} any more"
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(
    folder: Path, port: int, backend: int, certificate: Certificate, more: str = ""
) -> Iterator[Path]:
    """The shipped `deploy/nginx.conf` in nginx; yields the file of its errors.

    more : what an operator adds to the server block.
    """
    site = edited(
        (DEPLOY / "nginx.conf").read_text(),
        {
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen [::]:80;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl; {more}",
            "listen [::]:443 ssl;": "",
            f"{CERTIFICATES}/fullchain.pem": str(certificate.chain),
            f"{CERTIFICATES}/privkey.pem": str(certificate.key),
            BACKEND: f"127.0.0.1:{backend}",
            NAME: "localhost",
        },
    )
    folder.mkdir(exist_ok=True)
    (folder / "site.conf").write_text(site)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # As root its processes would become somebody who may not look into this folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; events {{}}\n"
        f"http {{ access_log {folder}/access.log; {places} include {folder}/site.conf; }}\n"
    )
    errors = folder / "error.log"
    command = [program("nginx"), "-p", str(folder), "-e", str(errors), "-c", "nginx.conf"]
    with running(command, port, folder):
        yield errors


@contextmanager
def caddy(
    folder: Path, port: int, backend: int, certificate: Certificate, more: str = ""
) -> Iterator[Path]:
    """The shipped `deploy/Caddyfile` in Caddy; yields the file of what it says.

    more : what an operator adds to the site's block.
    """
    text = edited(
        (DEPLOY / "Caddyfile").read_text(),
        {
            f"\n{NAME} {{": f"\nhttps://localhost:{port} {{\n\tbind 127.0.0.1\n"
            f"\ttls {certificate.chain} {certificate.key}\n{more}",
            "\n{\n": "\n{\n\tadmin off\n\tauto_https disable_redirects\n",
            BACKEND: f"127.0.0.1:{backend}",
        },
    )
    folder.mkdir(exist_ok=True)
    (folder / "Caddyfile").write_text(text)
    command = [program("caddy"), "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with running(command, port, folder):
        yield folder / "output.log"


Proxy = Callable[..., AbstractContextManager[Path]]


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A program in this folder until the block ends, once it listens."""
    with (folder / "output.log").open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_listens(process, port)
            yield
        finally:
            process.terminate()
            process.wait(30)


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError("the proxy does not listen")
