"""Ask for known vulnerabilities of the pinned versions; exit 1 where there is one.

Where nobody answers for any of them (no network), it says so and ends with 0, or with 1 under RUSSELL_AUDIT=required.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
CALL = ["--requirement", str(CONSTRAINTS), "--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off"]

answer = subprocess.run([sys.executable, "-m", "pip_audit", *CALL], capture_output=True, text=True, check=False)
try:
    packages = json.loads(answer.stdout)["dependencies"]
except ValueError:
    packages = []
asked = [package for package in packages if "vulns" in package]
found = [(package, one) for package in asked for one in package["vulns"]]
for package, one in found:
    better = ", ".join(one["fix_versions"]) or "none yet"
    print(f"{package['name']} {package['version']}: {one['id']}; mended in {better}")
if asked:
    print(f"audited {len(asked)} of {len(packages)} pinned packages: {len(found)} known vulnerabilities")
    sys.exit(bool(found))
print("not audited: nobody who knows of vulnerabilities can be reached")
sys.exit(os.environ.get("RUSSELL_AUDIT") == "required")
