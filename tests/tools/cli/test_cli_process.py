"""The program as a user starts it: processes, terminals, TLS, hostile servers, secrets."""

import base64
import contextlib
import json
import os
import pty
import signal
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certificates
import pytest

pytestmark = pytest.mark.slow  # each command is a process

PASSWORD = "correct horse"
PROGRAM = Path(sys.executable).parent / "rollouts"


@pytest.fixture
def environ(server, tmp_path):
    return {
        **os.environ,
        "ROLLOUTS_URL": server.url,
        "ROLLOUTS_USER": server.user,
        "ROLLOUTS_PASSWORD": server.password,
        "XDG_CONFIG_HOME": str(tmp_path),
        "TERM": "xterm",
        "COLUMNS": "120",
    }


def run(environ, *arguments, **changes):
    return subprocess.run(
        [PROGRAM, *arguments],
        env={**environ, **changes},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def on_terminal(environ, *arguments, typed="", on_shown=None):
    """Run with stdin, stdout and stderr on a terminal; return (exit code, what it showed).

    on_shown(text): called with all that it has shown so far, whenever there is more.
    """
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments], env=environ, stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    os.write(parent, typed.encode())
    shown = b""
    with contextlib.suppress(OSError):
        while block := os.read(parent, 4096):
            shown += block
            if on_shown:
                on_shown(shown.decode(errors="ignore"))
    os.close(parent)
    return process.wait(), shown.decode()


@contextlib.contextmanager
def answering(answer, certificate=None):
    """Serve `answer(handler) -> (status, headers, body)` for every request; give the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


EMPTY_PAGE = json.dumps({"content": [], "total": 0, "size": 0}).encode()


def test_a_refused_login_is_exit_4_and_says_what_to_check(environ):
    result = run(environ, "targets", ROLLOUTS_PASSWORD="wrong guess")
    assert result.returncode == 4
    assert "401" in result.stderr and "check ROLLOUTS_USER" in result.stderr
    assert "wrong guess" not in result.stdout + result.stderr


def test_no_server_is_exit_4(environ):
    result = run(environ, "targets", ROLLOUTS_URL="http://127.0.0.1:1")
    waiting, error = result.stderr.splitlines()
    assert result.returncode == 4 and "cannot reach http://127.0.0.1:1" in error
    assert waiting == "nobody answers at http://127.0.0.1:1 yet, waiting for some seconds"


def test_https_where_none_is_spoken_is_said(environ):
    result = run(environ, "targets", ROLLOUTS_URL=environ["ROLLOUTS_URL"].replace("http", "https"))
    assert result.returncode == 4 and "no https is spoken there" in result.stderr


def test_no_settings_is_exit_2(environ):
    result = run(environ, "targets", ROLLOUTS_PASSWORD="")
    assert result.returncode == 2 and "ROLLOUTS_PASSWORD not set" in result.stderr


@pytest.mark.parametrize("url", ["hawkbit", "http://u:hunter22@127.0.0.1", "file:///etc"])
def test_an_unusable_url_is_exit_2_and_its_password_is_not_shown(environ, url):
    result = run(environ, "targets", ROLLOUTS_URL=url)
    assert result.returncode == 2 and "hunter22" not in result.stderr


def test_a_server_that_is_no_hawkbit_is_exit_4(environ):
    page = b"<html>please log in</html>"
    with answering(lambda _: (200, {"Content-Type": "text/html"}, page)) as url:
        result = run(environ, "targets", ROLLOUTS_URL=url)
    assert result.returncode == 4 and "text/html, not JSON" in result.stderr


def test_a_server_that_cannot_answer_now_is_asked_again_and_that_is_said(environ):
    answers = iter([(503, {"Retry-After": "1"}, b""), (200, {}, EMPTY_PAGE)])
    with answering(lambda _: next(answers)) as url:
        result = run(environ, "targets", ROLLOUTS_URL=url)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "the server cannot answer now, it is asked again in 1 s\n"


@pytest.mark.parametrize("options", [["-v"], ["--json", "-v"]])
def test_secrets_are_masked_even_when_the_server_echoes_them(environ, options):
    def echo(handler):
        told = {"message": handler.headers["Authorization"], "errorCode": f"{PASSWORD}\x1b[2J"}
        return 400, {"Content-Type": "application/json"}, json.dumps(told).encode()

    with answering(echo) as url:
        result = run(environ, "targets", *options, ROLLOUTS_URL=url)
    shown = result.stdout + result.stderr
    login = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    assert result.returncode == 3 and "***" in shown
    assert PASSWORD not in shown and login not in shown and "\x1b" not in shown


def test_boschs_login_form_works(environ):
    wanted = "Basic " + base64.b64encode(f"ACME\\jane:{PASSWORD}".encode()).decode()

    def bosch(handler):
        allowed = handler.headers["Authorization"] == wanted
        return (200, {}, EMPTY_PAGE) if allowed else (401, {}, b"")

    with answering(bosch) as url:
        jane = {"ROLLOUTS_URL": url, "ROLLOUTS_USER": "jane"}
        assert run(environ, "targets", **jane, ROLLOUTS_TENANT="ACME").returncode == 0
        assert run(environ, "targets", **{**jane, "ROLLOUTS_USER": "ACME\\jane"}).returncode == 0
        assert run(environ, "targets", **jane, ROLLOUTS_TENANT="OTHER").returncode == 4


def test_https_is_verified_and_ca_adds_a_root(environ, tmp_path):
    certificates.make(tmp_path)
    with answering(lambda _: (200, {}, EMPTY_PAGE), tmp_path / "good.pem") as url:
        result = run(environ, "targets", ROLLOUTS_URL=url)
        assert result.returncode == 4 and "--ca FILE adds a root" in result.stderr
        ca = str(tmp_path / "ca.pem")
        assert run(environ, "targets", "--ca", ca, ROLLOUTS_URL=url).returncode == 0
        assert run(environ, "targets", ROLLOUTS_URL=url, ROLLOUTS_CA=ca).returncode == 0
    assert run(environ, "targets", "--ca", "absent.pem", ROLLOUTS_URL=url).returncode == 2


def test_results_go_to_stdout_and_the_rest_to_stderr(environ, image):
    result = run(environ, "publish", str(image), "--json", "-v")
    assert json.loads(result.stdout)["name"] == "fw"
    assert all(" -> " in line for line in result.stderr.splitlines())


def test_a_reader_that_goes_away_ends_it_quietly(environ, hawkbit):
    from rollouts.api.models import NewTarget

    names = [f"target-{number:05}" for number in range(2000)]
    hawkbit.targets.create([NewTarget(controller_id=name, name=name) for name in names])
    command = f"'{PROGRAM}' targets | head -1; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True)
    assert result.stdout.splitlines()[1] == "141" and result.stderr == ""


def test_ctrl_c_is_exit_130(environ, image, devices):
    devices("dev-1")
    run(environ, "publish", str(image))
    run(environ, "assign", "fw:2.0.0", "dev-1")
    process = subprocess.Popen(
        [PROGRAM, "watch", "1"],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
        # Also where Ctrl-C is ignored, as behind nohup, and a child would take that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert "dev-1 action 1 running" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert "Traceback" not in process.stderr.read()


def test_on_a_terminal_results_are_tables(environ, devices):
    devices("dev-1")
    code, shown = on_terminal(environ, "targets")
    assert code == 0
    assert "TARGET" in shown and "LAST POLL" in shown and "dev-1" in shown


def test_on_a_terminal_watch_draws_a_bar_and_ends_with_the_table(environ, image, devices):
    device = devices("dev-1")
    run(environ, "publish", str(image))
    run(environ, "assign", "fw:2.0.0", "dev-1")

    # The device goes on when the terminal shows how far it is.
    steps = [
        ("dev-1", ("proceeding", "none", "downloaded 40 %")),
        ("downloaded 40 %", ("closed", "success", "installed fw")),
    ]

    def go_on(shown):
        if steps and steps[0][0] in shown:
            device.report(1, *steps.pop(0)[1])

    code, shown = on_terminal(environ, "watch", "1", "--interval", "0.3", on_shown=go_on)
    assert code == 0
    assert "downloaded 40 %" in shown and "━" in shown and "0 of 1 closed" in shown
    assert shown.rstrip().endswith("installed fw")


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_on_a_terminal_a_glob_asks(environ, image, devices, typed, code):
    devices("dev-1")
    run(environ, "publish", str(image))
    result, shown = on_terminal(environ, "assign", "fw:2.0.0", "dev-*", typed=typed)
    assert result == code and "Assign fw:2.0.0 to 1 target (dev-1)? [y/N]" in shown
    assigned = run(environ, "ds", "assigned", "fw:2.0.0").stdout
    assert bool(assigned) == (code == 0)


def test_a_terminal_without_unicode_gets_escapes(environ, hawkbit):
    from rollouts.api.models import NewTarget

    hawkbit.targets.create([NewTarget(controller_id="Küche", name="Küche")])
    result = run(environ, "targets", PYTHONIOENCODING="ascii")
    assert result.returncode == 0 and result.stdout.startswith("K\\xfcche\t")


def test_without_its_libraries_serve_says_what_to_install(environ, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['fastapi'] = None")
    result = run(environ, "serve", "--port", "0", PYTHONPATH=str(tmp_path))
    assert result.returncode == 2
    assert "pip install 'hawkbit-rollouts[serve]'" in result.stderr
    assert run(environ, "targets", PYTHONPATH=str(tmp_path)).returncode == 0
