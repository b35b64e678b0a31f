"""Check the pinned versions for known vulnerabilities, and say against whose knowledge; exit 1 where there is one.

Services are asked first. Where none answers (no network), the record in advisories.json counts, which `.ci/weekly` renews; its
age is said, and RUSSELL_AUDIT=required fails all the same. `--renew` asks, writes the record, and fails if nobody answers or if
there is an advisory that the record did not have.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).resolve().parent
CONSTRAINTS = HERE.parent / "constraints.txt"
SERVICES = ("pypi", "osv")
OLD = 30  # days
CALL = ["--requirement", str(CONSTRAINTS), "--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off"]


def asked() -> tuple[str, list[dict], list[dict]]:
    """The first service that answers for any package, the packages that it answers for, and the others; no name if none does."""
    others = []
    for service in SERVICES:
        call = [sys.executable, "-m", "pip_audit", *CALL, f"--vulnerability-service={service}"]
        answer = subprocess.run(call, capture_output=True, text=True, check=False)
        try:
            packages = json.loads(answer.stdout)["dependencies"]
        except ValueError:
            continue
        others = [package for package in packages if "vulns" not in package]
        if len(others) < len(packages):
            return service, [package for package in packages if "vulns" in package], others
    return "", [], others


def pinned() -> dict[str, str]:
    """The version of each package."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    parted = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in parted}


def record_of(service: str, packages: list[dict]) -> dict:
    """What a service answered, as it is recorded: the versions that it was asked about, and what it knows of these."""
    advisories = [
        {"package": package["name"], "version": package["version"], "id": one["id"], "fixed": one["fix_versions"]}
        for package in packages
        for one in package["vulns"]
    ]
    return {
        "recorded_on": str(datetime.now(UTC).date()),
        "service": service,
        "packages": {package["name"]: package["version"] for package in packages},
        "advisories": sorted(advisories, key=lambda one: (one["package"], one["id"])),
    }


def concerning(record: dict, versions: dict[str, str]) -> Iterator[tuple[str, str, dict]]:
    """The recorded advisories that concern pinned versions: the version asked about, and those up to the next that mends it."""
    for one in record["advisories"]:
        if one["package"] in versions:
            version, first = Version(versions[one["package"]]), Version(one["version"])
            later = [fixed for fixed in map(Version, one["fixed"]) if fixed > first]
            if version == first or (first < version and not any(fixed <= version for fixed in later)):
                yield one["package"], str(version), one


def tell(package: str, version: str, name: str, fixed: list[str]) -> None:
    """Print a vulnerability."""
    print(f"{package} {version}: {name}; mended in {', '.join(fixed) or 'none yet'}")


def by_record(record: dict) -> int:
    """Check the pinned versions against the record; exit code."""
    versions = pinned()
    age = (datetime.now(UTC).date() - date.fromisoformat(record["recorded_on"])).days
    since = f"the record of {record['recorded_on']} ({age} days old{', which is too old: renew it' * (age > OLD)})"
    if not record["service"]:
        print(f"not audited: {since} knows nothing, because nobody answered then either")
        return 0
    found = [*concerning(record, versions)]
    for package, version, one in found:
        tell(package, version, one["id"], one["fixed"])
    covered = sum(record["packages"].get(package) == version for package, version in versions.items())
    print(
        f"audited by {since}, from {record['service']}: {covered} of {len(versions)} pinned packages at their versions; "
        f"{len(versions) - covered} have another version by now or were not known; {len(found)} known vulnerabilities"
    )
    return int(bool(found))


def main() -> int:
    """Ask, or look into the record; exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renew", action="store_true")
    parser.add_argument("--record", type=Path, default=HERE / "advisories.json")
    options = parser.parse_args()
    service, answered, others = asked()
    record = json.loads(options.record.read_text("utf-8"))
    if not service:
        print(f"nobody answered at {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: asked {' and '.join(SERVICES)}")
        code = by_record(record)
        return int(code or options.renew or os.environ.get("RUSSELL_AUDIT") == "required")
    found = [(package, one) for package in answered for one in package["vulns"]]
    for package, one in found:
        tell(package["name"], package["version"], one["id"], one["fix_versions"])
    versions = hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()[:12]
    print(
        f"audited by {service} at {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {len(answered)} of {len(answered) + len(others)} "
        f"pinned packages, each at its version in constraints.txt (SHA-256 {versions}): "
        f"{len(found)} known vulnerabilities"
    )
    if others:
        print(f"{service} does not know {', '.join(package['name'] for package in others)}")
    if not options.renew:
        return int(bool(found))
    renewed = record_of(service, answered)
    beside = options.record.with_suffix(".tmp")
    beside.write_text(json.dumps(renewed, indent=1) + "\n", "utf-8")
    beside.replace(options.record)
    known = {(one["package"], one["id"]) for one in record["advisories"]}
    new = [one for one in renewed["advisories"] if (one["package"], one["id"]) not in known]
    print(f"recorded in {options.record.name}: {len(new)} advisories are new")
    return int(bool(new))


if __name__ == "__main__":
    sys.exit(main())
