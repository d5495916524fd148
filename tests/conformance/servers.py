"""The servers that the scenarios run against: `rollouts serve`, and a hawkBit if there is one."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rollouts.api import Hawkbit, RolloutsError, UnreachableError
from rollouts.serve.dialect import HAWKBIT_1_0_4
from rollouts.testing import local_server

ROOT = Path(__file__).resolve().parents[2]
SERVE = "rollouts serve"

ARTIFACT_ID = "org.eclipse.hawkbit:hawkbit-update-server"
VERSION = "1.0.4"
_JAVA = re.compile(r"class file version (\d+)\.0\D.*?up to (\d+)\.0", re.S)
_START_TIMEOUT_S = 600  # on a machine with much else to do; one that ended is seen at once
_STOP_TIMEOUT_S = 20
_MAVEN_TIMEOUT_S = 600

# What ../../shared/reference/ddi.md, section 8.3, says to a server for tests.
_OPTIONS = {
    "hawkbit.server.ddi.security.authentication.targettoken.enabled": "true",
    "hawkbit.server.ddi.security.authentication.gatewaytoken.enabled": "true",
    "hawkbit.server.ddi.security.authentication.gatewaytoken.key": "conformance-gateway-token",
    "hawkbit.server.security.dos.filter.enabled": "false",
    "hawkbit.server.repository.eagerPollPersistence": "true",
    "hawkbit.controller.minPollingTime": "00:00:01",
    "hawkbit.controller.maxPollingTime": "PT48H",
}


class ServerError(Exception):
    """The server cannot be had; the text says what to do."""


@dataclass(frozen=True)
class Server:
    """is_ours: nobody else uses it. advance: moves its clock on, None where only time does."""

    url: str
    user: str
    password: str
    ca: str | None = None  # a PEM file
    is_ours: bool = False
    advance: Callable[[float], None] | None = None
    reset_clock: Callable[[], None] | None = None

    @property
    def lead_s(self) -> int:
        """How far ahead a moment lies that a scenario waits for."""
        return 3600 if self.advance else 20

    def pass_time(self, seconds: float) -> None:
        if self.advance:
            self.advance(seconds)
        else:
            time.sleep(seconds)

    def api(self) -> Hawkbit:
        return Hawkbit(self.url, self.user, self.password, ca=self.ca)


Start = Callable[[], AbstractContextManager[Server]]


def hawkbit(environ: Mapping[str, str], say: Callable[[str], None]) -> dict[str, Start]:
    """Return by its name what starts the hawkBit of HAWKBIT_URL, HAWKBIT_JAR or Maven's jar.

    Empty when Maven has none; say: gets the reason.
    """
    if environ.get("HAWKBIT_URL"):
        return {f"hawkBit at {environ['HAWKBIT_URL']}": partial(at_url, environ)}
    if environ.get("HAWKBIT_JAR"):
        jar = Path(environ["HAWKBIT_JAR"])
    else:
        try:
            jar = from_maven(ROOT / "build" / "hawkbit")
        except ServerError as e:
            say(f"No hawkBit: {e}.\nSo on {SERVE} alone.")
            return {}
    return {jar.stem: partial(from_jar, jar)}


@contextmanager
def serve(dialect: str = HAWKBIT_1_0_4) -> Iterator[Server]:
    """Our own server, in this process; an action's history is full early, to save time."""
    with local_server(dialect=dialect, max_status_entries=100) as server:
        clock = server.clock
        yield Server(
            server.url,
            server.user,
            server.password,
            is_ours=True,
            advance=clock.advance,
            reset_clock=clock.reset,
        )


@contextmanager
def at_url(environ: Mapping[str, str]) -> Iterator[Server]:
    """A server of the user's. Raises ServerError when it does not let us in."""
    url = environ["HAWKBIT_URL"].rstrip("/")
    user = environ.get("ROLLOUTS_USER", "admin")
    server = Server(
        url, user, environ.get("ROLLOUTS_PASSWORD", "admin"), environ.get("HAWKBIT_CA")
    )
    if url.startswith("https:") and not server.ca:
        raise ServerError("HAWKBIT_CA is needed: the PEM file with the root of its certificate")
    try:
        with server.api() as api:
            api.user_info()
    except RolloutsError as e:
        raise ServerError(f"{e}\nHAWKBIT_URL, ROLLOUTS_USER, ROLLOUTS_PASSWORD?") from e
    yield server


@contextmanager
def from_jar(jar: Path) -> Iterator[Server]:
    """Start a hawkBit of our own: in memory, on 127.0.0.1. Raises ServerError."""
    if not jar.is_file():
        raise ServerError(f"HAWKBIT_JAR: there is no file {jar}")
    if not shutil.which("java"):
        raise ServerError("hawkBit needs Java 17: there is no `java` on the PATH")
    with tempfile.TemporaryDirectory(prefix="hawkbit-") as folder:
        port = _free_port()
        log = Path(folder) / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                _java(jar.resolve(), port, folder), cwd=folder, stdout=output, stderr=output
            )
        try:
            server = Server(f"http://127.0.0.1:{port}", "admin", "admin", is_ours=True)
            _wait_for(server, process, log)
            yield server
        finally:
            _stop(process)


def _java(jar, port, folder):
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "org.eclipse.hawkbit.artifact.fs.path": f"{folder}/artifacts",
        **_OPTIONS,
    }
    command = ["java", "-Xmx768m", "-jar", str(jar)]
    return command + [f"--{key}={value}" for key, value in options.items()]


def _wait_for(server, process, log):
    deadline = time.monotonic() + _START_TIMEOUT_S
    with server.api() as api:
        while True:
            try:
                api.user_info()
                return
            except UnreachableError:
                pass  # not yet
            lines = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
            if process.poll() is not None:
                _check_java(log)
                raise ServerError(f"hawkBit ended with status {process.returncode}:\n{lines}")
            if time.monotonic() > deadline:
                raise ServerError(f"hawkBit did not answer in {_START_TIMEOUT_S} s:\n{lines}")
            time.sleep(0.2)


def _check_java(log: Path) -> None:
    """ServerError when the jar is made for a newer Java than the one on the PATH."""
    found = _JAVA.search(log.read_text(errors="replace"))
    if not found:
        return
    needs, has = (int(version) - 44 for version in found.groups())  # Java 17 writes 61
    raise ServerError(
        f"this hawkBit needs Java {needs}, the `java` on the PATH is {has}: "
        f"put the bin folder of a Java {needs} or newer first on the PATH"
    )


def _stop(process):
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


def from_maven(folder: Path) -> Path:
    """Return the jar in `folder`, asked of Maven if it is not there. Raises ServerError."""
    jar = folder / f"{ARTIFACT_ID.partition(':')[2]}-{VERSION}.jar"
    if jar.exists():
        return jar
    if not shutil.which("mvn"):
        raise ServerError("there is no `mvn` on the PATH; HAWKBIT_JAR= or HAWKBIT_URL= names one")
    command = [
        "mvn",
        *("-B", "-q", "dependency:copy"),
        f"-Dartifact={ARTIFACT_ID}:{VERSION}",
        f"-DoutputDirectory={folder}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MAVEN_TIMEOUT_S)
    except subprocess.TimeoutExpired as e:
        raise ServerError(f"mvn took over {_MAVEN_TIMEOUT_S} s") from e
    if done.returncode or not jar.exists():
        raise ServerError(f"Maven did not give {ARTIFACT_ID}:{VERSION}: {_reason(done)}")
    return jar


def _reason(done) -> str:
    """Return what Maven says behind colors and the name of its plugin."""
    first = re.sub(r"\x1b\[\d*m", "", done.stdout + done.stderr).strip().split("\n")[0]
    return first.rpartition("standalone-pom: ")[2][:200] or f"status {done.returncode}"


def allows_config() -> bool:
    return os.environ.get("ALLOW_CONFIG") == "1"
