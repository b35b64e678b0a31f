"""What deploy/ says is what Dagster, Celery and the image's programs understand; `make test-more` has the programs."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
import yaml

from russell_pipeline_tests.conftest import PROJECT

DEPLOY = PROJECT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
INSTANCE = yaml.safe_load((DEPLOY / "dagster.yaml").read_text("utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def _named_environment(value: Any) -> set[str]:
    """The environment variables that dagster.yaml takes values from."""
    if isinstance(value, dict):
        return {value["env"]} if set(value) == {"env"} else set().union(*map(_named_environment, value.values()))
    return set()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPOSE["x-pipeline"]["environment"].items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.servers
@pytest.mark.usefixtures("environment")
def test_the_instance_is_understood() -> None:
    """Each part is a class of the installed release that takes all that is said to it; `make test-cluster` starts them."""
    for part in ("run_launcher", "run_coordinator"):
        said = INSTANCE[part]
        kind = getattr(importlib.import_module(said["module"]), said["class"])
        assert said["config"].keys() <= kind.config_type().keys(), part
    assert INSTANCE["storage"].keys() == {"postgres"}
    assert INSTANCE["run_monitoring"]["enabled"]
    assert INSTANCE["run_retries"]["enabled"]


def test_secrets_come_from_the_environment_which_all_services_of_ours_have() -> None:
    workspace = yaml.safe_load((DEPLOY / "workspace.yaml").read_text("utf-8"))
    needed = _named_environment(INSTANCE) | _named_environment(workspace["load_from"][0])
    assert {"POSTGRES_PASSWORD", "REDIS_URL"} <= needed
    for service in OURS.values():
        assert needed <= set(service["environment"])
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    passwords = re.findall(r"PASSWORD: (.+)|redis://:(.+)@", text)
    assert passwords
    assert all("".join(found).startswith("${") for found in passwords)


def test_services_depend_on_services_there_are_and_mount_volumes_there_are() -> None:
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])
        mounted = {volume.partition(":")[0] for volume in service["volumes"] if volume[0] not in ".$/"}
        assert mounted <= set(COMPOSE["volumes"])


def test_as_many_runs_are_launched_as_workers_take() -> None:
    """One more would wait in Redis, and be taken for lost."""
    environment = COMPOSE["x-pipeline"]["environment"]
    slots = COMPOSE["services"]["worker"]["deploy"]["replicas"] * environment["RUSSELL_WORKER_RUNS"]
    assert environment["RUSSELL_RUNS_AT_ONCE"] == slots


def test_nothing_listens_beyond_the_host() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_holds_what_the_services_start() -> None:
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [word for line in image.splitlines() if line.startswith("COPY") for word in line.split()[1:-1]]
    assert all((PROJECT / name).exists() for name in copied)
    started = [word for service in OURS.values() for word in service["command"] if re.search(r"\.(sh|yaml)$", word)]
    needed = {word.removeprefix("./") for word in started} | {"dagster.yaml", "dagster_celery_config.py"}
    assert needed <= {name.rpartition("/")[2] for name in copied}
