"""Who may import whom: read off the syntax trees, with the culprit named."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "webapp/services": ("flask.request", "rq", "rq_scheduler", "jobs", "webapp.views", "webapp.api", "webapp.access"),
    "webapp/views": ("cv2", "minio", "redis", "rq", "rq_scheduler", "sqlalchemy"),
    "webapp/api": ("cv2", "minio", "redis", "rq", "rq_scheduler", "sqlalchemy"),
    "webapp/video": ("flask", "sqlalchemy", "redis", "rq", "webapp.models", "webapp.services", "webapp.extensions"),
    "webapp/models": ("webapp.services", "webapp.views", "jobs", "flask.request"),
    "webapp/schemas": ("webapp.services", "webapp.views", "webapp.models", "jobs", "flask"),
    "webapp/extensions.py": ("webapp.services", "webapp.models", "webapp.views", "jobs"),
    "webapp/outcomes.py": ("flask", "sqlalchemy", "webapp"),
    "webapp/storage": ("flask", "sqlalchemy", "redis", "rq", "webapp.models", "webapp.services", "webapp.extensions"),
    "webapp/credentials.py": ("flask", "sqlalchemy", "redis", "webapp"),
    "webapp/access.py": ("webapp.views", "jobs", "cv2", "minio", "redis", "rq", "sqlalchemy"),
    "webapp/forms.py": ("webapp.views", "jobs", "cv2", "minio", "redis", "rq", "sqlalchemy"),
    "webapp/cli.py": ("webapp.views", "cv2", "minio", "redis", "rq", "sqlalchemy"),
    "jobs": ("webapp.views", "webapp.api", "cv2", "flask.request"),
    "simulator": ("webapp", "jobs"),
}
ONLY_HERE: dict[str, tuple[str, ...]] = {
    "minio": ("webapp/storage",),
    "cryptography": ("webapp/credentials.py", "simulator"),
    "rq": ("jobs",),
    "rq_scheduler": ("jobs",),
    "cv2": ("webapp/video", "simulator"),
    "htmx_flask": ("webapp/htmx.py", "webapp/extensions.py"),
}


def python_files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports_of(path: Path) -> list[tuple[str, int]]:
    """Every imported name of a file in full, such as 'webapp.services.live' or 'flask.request', with its line."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            found += [(f"{module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def is_in(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


@pytest.mark.parametrize("place", FORBIDDEN)
def test_it_imports_only_downwards(place: str) -> None:
    culprits = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(place)
        for name, line in imports_of(path)
        if any(is_in(name, module) for module in FORBIDDEN[place])
    ]
    assert not culprits, "\n".join(culprits)


@pytest.mark.parametrize("module", ONLY_HERE)
def test_one_place_knows_the_library(module: str) -> None:
    culprits = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for place in ("webapp", "jobs", "simulator", "wsgi.py")
        for path in python_files(place)
        for name, line in imports_of(path)
        if is_in(name, module) and not str(path.relative_to(ROOT)).startswith(ONLY_HERE[module])
    ]
    assert not culprits, "\n".join(culprits)


def test_views_and_api_never_commit() -> None:
    culprits = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for place in ("webapp/views", "webapp/api")
        for path in python_files(place)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("commit", "flush")
    ]
    assert not culprits, "\n".join(culprits)


def test_the_walk_sees_relative_imports() -> None:
    assert ("webapp.config.Settings", 21) in [(name, 21) for name, _ in imports_of(ROOT / "webapp/extensions.py")], (
        "a rule that sees nothing proves nothing"
    )
