"""What the forms of an import send, as the services and contracts read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import FileStorage

from ..services.imports.csv_rows import DELIMITERS
from ..services.imports.table import ENCODINGS, MAX_BYTES, Asked

MAX_PASTED = 2 * 1024 * 1024
PASTED = "Pasted rows"
CHOICES = ("match", "existing", "group_id")
TICKS = ("creates_groups", "tests_streams")

Form = Mapping[str, str]


def uploaded(file: FileStorage | None, form: Form) -> tuple[str, bytes] | None:
    """Name and bytes of what was chosen or pasted; None when it was neither. One byte too many shows the excess."""
    if file is not None and file.filename:
        with file.stream as stream:
            return _file_name(file.filename), stream.read(MAX_BYTES + 1)
    text = form.get("text", "")
    return (PASTED, text.encode()) if text.strip() else None


def _file_name(text: str) -> str:
    name = "".join(sign for sign in text.replace("\\", "/").rpartition("/")[2] if sign.isprintable())
    return name.strip() or "Unnamed file"


def asked(form: Form) -> Asked:
    """How the file is to be read; what is not on the form, or was never a choice, is as it looks."""
    encoding, delimiter = form.get("encoding"), form.get("delimiter")
    return Asked(
        encoding if encoding in ENCODINGS else None,
        delimiter if delimiter in DELIMITERS else None,
        form["has_header"] == "y" if form.get("has_header") in ("y", "n") else None,
    )


def options(form: Form, columns: int) -> dict[str, Any]:
    """As schemas.ImportOptions reads them."""
    chosen: dict[str, Any] = {name: form[name] for name in CHOICES if name in form}
    mapping = tuple(form.get(f"column-{number}") or None for number in range(columns))
    return chosen | {name: form.get(name) == "y" for name in TICKS} | {"mapping": mapping}
