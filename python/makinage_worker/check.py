"""The `check` request: can the hooks, encoders and packages be used by this Python? Needs none of them itself."""

from __future__ import annotations

from typing import Any

from makinage_worker import environment, errors, hooks, snapshot


def check(request: dict[str, Any]) -> dict[str, Any]:
    """The payload of `checked` for the payload of `check`."""
    folder = request["folder"]
    hooks.add_folder(folder)
    snapshot.install(request["modules"])
    problems = [_missing_package(name) for name in request["packages"] if environment.installed_version(name) is None]
    for step, reference in request["hooks"].items():
        if reference is not None:
            problems += _problems(f"hooks.{step}", hooks.import_hook, step, reference, folder)
    for name in request["encoders"]:
        problems += _problems(f"encoder:{name}", hooks.import_encoder, name, folder)
    return {"problems": problems, "warnings": []}


def _problems(key: str, function: Any, *arguments: str) -> list[dict[str, Any]]:
    try:
        function(*arguments)
    except errors.SetupError as error:
        report = error.report
        return [
            {"key": key, "error": report.error, "message": report.message, "where": report.where, "hint": report.hint}
        ]
    return []


def _missing_package(name: str) -> dict[str, Any]:
    return {
        "key": f"package:{name}",
        "error": "PackageNotFoundError",
        "message": f"the package {name} isn't installed",
        "where": None,
        "hint": errors.install_command([name]),
    }
