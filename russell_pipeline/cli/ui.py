"""The command that opens the Dagster UI on a lake: `russell ui`."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import Failure, disk_failures, say
from russell_pipeline.cli.process_group import Signalled, process_group

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from russell_pipeline.settings import Settings

_OTHER_PORTS = 100
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
# The lake that a page shows, as its own server says it (`LakeResource`).
_WHICH_LAKE = """
{ allTopLevelResourceDetailsOrError(
    repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "russell_pipeline"}
  ) { ... on ResourceDetailsList { results { configuredValues { key value } } } } }
"""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535))
@click.pass_context
def ui(context: click.Context, host: str, port: int) -> None:
    """Open the Dagster UI on this lake: graph, runs, checks, lineage.

    \b
    Example:
      russell ui --port 3001
    """
    settings: Settings = context.obj
    _refuse_a_busy_port(host, port)
    from russell_pipeline.orchestration.instance import mend_instance

    with disk_failures(settings.root):
        home = settings.set_dagster_home()
        say(*mend_instance(settings))
    os.environ["RUSSELL_DATA_LAKE"] = settings.name
    with as_file(files("russell_pipeline").joinpath("workspace.yaml")) as workspace:
        say(f"the Dagster UI of {settings.name} starts; its history is in {home}")
        try:
            with process_group(_command(workspace, host, port)) as server:
                address = f"http://{_in_an_address(host)}:{port}"
                _await_the_lake(server, address, settings)
                say(f"the graph of {settings.name} is on {address}; Ctrl-C ends it")
                code = server.wait()
        except Signalled as signalled:
            say(f"the Dagster UI of {settings.name} has ended")
            code = signalled.code
    sys.exit(code)


def _command(workspace: Path, host: str, port: int) -> list[str]:
    """What starts Dagster's servers."""
    return [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", host, "-p", str(port)]


def _refuse_a_busy_port(host: str, port: int) -> None:
    """Raise Failure if something listens on a port already, with one that is free; UsageError if nothing can listen there."""
    refusal = _refusal(host, port)
    if refusal is None:
        return
    if refusal.errno != errno.EADDRINUSE:
        raise click.UsageError(f"nothing can listen on port {port} of {host}: {refusal.strerror or refusal}")
    others = range(port + 1, min(port + _OTHER_PORTS, 65535) + 1)
    free = next((other for other in others if _refusal(host, other) is None), None)
    elsewhere = "" if host == "127.0.0.1" else f"--host {host} "
    said = f"; {free} is free: russell ui {elsewhere}--port {free}" if free else "; name another with --port"
    raise Failure(f"port {port} of {host} is in use by another program, perhaps the page of another lake{said}")


def _refusal(host: str, port: int) -> OSError | None:
    """Why a server cannot listen on a port, None if it can."""
    try:
        (family, kind, _, _, at), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        with socket.socket(family, kind) as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # a connection that was closed lately is no server
            probe.bind(at)
            probe.listen(1)
    except OSError as error:
        return error
    except UnicodeError:
        raise click.UsageError(f"{host} is no name of a machine") from None
    return None


def _in_an_address(host: str) -> str:
    host = _ANYWHERE.get(host, host)
    return f"[{host}]" if ":" in host else host


def _await_the_lake(server: subprocess.Popen[bytes], address: str, settings: Settings) -> None:
    """Return once the server answers with the page of the lake. Raises Failure if it ends, or if another answers in its place."""
    while (shown := _lake_shown(address)) is None:
        if server.poll() is not None:
            raise Failure(f"the UI ended before it answered on {address}: what it said stands above")
        time.sleep(0.2)
    if shown != str(settings.root):
        raise Failure(
            f"{address} is answered by {shown or 'another program'}, not by {settings.name}: name another --port"
        )


def _lake_shown(address: str) -> str | None:
    """The folder of the lake that a server shows, empty if it shows none; None while nothing answers."""
    asked = urllib.request.Request(
        f"{address}/graphql", json.dumps({"query": _WHICH_LAKE}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            said = json.load(answer)["data"]["allTopLevelResourceDetailsOrError"]["results"]
    except (urllib.error.HTTPError, KeyError, TypeError, ValueError):
        return ""
    except OSError:
        return None
    values = {one["key"]: one["value"] for resource in said for one in resource["configuredValues"]}
    return str(json.loads(values.get("root", '""')))
