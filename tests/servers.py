"""The servers that device tests ask for by NEEDS; each is started once per session."""

import atexit
import contextlib
import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import certificates
from rollouts.testing import local_server
from scripted_server import ScriptedServer
from tls_proxy import TLSProxy


def variables(needs: Iterable[str]) -> dict[str, str]:
    """Start what `needs` and return its environment variables."""
    env = {}
    for name in needs:
        if name not in _PROVIDERS:
            raise KeyError(f"NEEDS: no {name!r}; there are {', '.join(sorted(_PROVIDERS))}")
        env.update(_PROVIDERS[name]())
    return env


@functools.cache
def _certificates() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="certificates-")
    atexit.register(folder.cleanup)
    certificates.make(Path(folder.name))
    return Path(folder.name)


def _ca() -> dict[str, str]:
    folder = _certificates()
    return {"CA_DER": str(folder / "ca.der"), "CA_PEM": str(folder / "ca.pem")}


@functools.cache
def _scripted_server() -> dict[str, str]:
    server = ScriptedServer(_certificates())
    return {"SCRIPTED_SERVER": f"127.0.0.1:{server.port}", **_ca()}


@functools.cache
def _local_hawkbit() -> dict[str, str]:
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    server = stack.enter_context(local_server())
    proxy = TLSProxy(urlsplit(server.url).port, _certificates() / "good.pem")
    stack.callback(proxy.close)
    return {
        "DDI_URL": server.url,
        "DDI_TLS_URL": f"https://localhost:{proxy.port}",
        "DDI_GATEWAY_TOKEN": server.gateway_token,
        **_ca(),
    }


_PROVIDERS = {"SCRIPTED_SERVER": _scripted_server, "DDI_URL": _local_hawkbit}
