"""The versions that the patches were tried with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

# Major and minor number. Before one is changed: read what the patches replace, and run the tests
# of the notebook in a browser with the new version.
TRIED = {"panel": "1.9", "bokeh": "3.9", "pyviz_comms": "3.0"}


def unknown() -> list[str]:
    """What is installed in a version that was not tried, with that version; empty if all were."""
    found = {package: _installed(package) for package in TRIED}
    return [
        f"{package} {here}"
        for package, here in found.items()
        if ".".join(here.split(".")[:2]) != TRIED[package]
    ]


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "without a version"
