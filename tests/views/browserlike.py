"""What a browser would send of a form that nobody has touched."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


def sent_back(page: str) -> dict[str, Any]:
    """The form as a browser sends it when nobody has touched anything."""
    form = FormParser()
    form.feed(page)
    return form.fields


class FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "select":
            self.select = name
        elif tag == "option" and "selected" in found:
            self.fields[self.select] = [found.get("value") or ""]
        elif tag == "textarea":
            self.area, self.fields[name] = name, [""]
        elif tag == "input" and name and (found.get("type") != "checkbox" or "checked" in found):
            self.fields.setdefault(name, []).append(found.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area][0] += data.removeprefix("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
