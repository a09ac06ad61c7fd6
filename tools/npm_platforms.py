"""Completes package-lock.json with the platform packages of anvil and forge that the registry did not offer.

`npm install` leaves an optional dependency out of the lock when the registry (a mirror, say) lacks it, and `npm ci`
then refuses the lock everywhere. An entry without `integrity` keeps it whole; npm fetches that only on the platform
that it names.
"""

import json
from pathlib import Path

LOCK = Path(__file__).parent.parent / "package-lock.json"
OS_NAMES = {"linux": "linux", "darwin": "darwin", "win32": "win32"}
CPU_NAMES = {"amd64": "x64", "arm64": "arm64"}


def complete(lock: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """Adds the missing entries to the parsed lock, in place, and returns their names."""
    packages = lock["packages"]
    added = []
    for entry in [dict(value) for value in packages.values()]:
        optional = entry.get("optionalDependencies")
        if not isinstance(optional, dict):
            continue
        for name, version in optional.items():
            key = f"node_modules/{name}"
            if not name.startswith("@foundry-rs/") or key in packages:
                continue
            system, cpu = name.rsplit("-", 2)[1:]
            packages[key] = {
                "version": version,
                "cpu": [CPU_NAMES[cpu]],
                **({"dev": True} if entry.get("dev") else {}),
                "license": "MIT OR Apache-2.0",
                "optional": True,
                "os": [OS_NAMES[system]],
            }
            added.append(name)
    lock["packages"] = dict(sorted(packages.items()))
    return added


if __name__ == "__main__":
    content = json.loads(LOCK.read_text())
    complete(content)
    LOCK.write_text(json.dumps(content, indent=2) + "\n")
