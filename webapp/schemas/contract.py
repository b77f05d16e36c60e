"""What every contract is made of: the kinds of fields, reading input, and saying in sentences what is wrong with it."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Problems = dict[str, list[str]]
"""Field name → sentences; the field '' holds what belongs to no single field."""


class InvalidInput(ValueError):
    """Input that breaks a contract. Nothing has been written."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {' '.join(found)}" for field, found in problems.items()))


def clean(value: Any) -> Any:
    """Trim, normalise, turn an empty text into None, refuse what cannot be seen."""
    if not isinstance(value, str):
        return value
    value = unicodedata.normalize("NFC", value).strip().strip("\u00a0")
    if any(unicodedata.category(ch) in ("Cc", "Cs") for ch in value):
        raise ValueError("Remove the control characters (line breaks, tabs, NUL) from this field.")
    return value or None


def required(value: Any) -> Any:
    if value is None:
        raise ValueError("Please fill in this field.")
    return value


Text = Annotated[str, Field(max_length=255)]
Line = Annotated[Text, BeforeValidator(required), BeforeValidator(clean)]
OptionalLine = Annotated[Text | None, BeforeValidator(clean)]
ShortLine = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(clean)]
OptionalLongLine = Annotated[Annotated[str, Field(max_length=2048)] | None, BeforeValidator(clean)]
OptionalId = Annotated[Annotated[str, Field(max_length=36)] | None, BeforeValidator(clean)]
OptionalNumber = Annotated[float | None, BeforeValidator(clean)]
OptionalCount = Annotated[int | None, BeforeValidator(clean)]
OptionalSwitch = Annotated[bool | None, BeforeValidator(clean)]
Secret = Annotated[str, Field(max_length=255)]


class Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


T = TypeVar("T", bound=Contract)


def parse(contract: type[T], data: dict[str, Any]) -> T:
    """The contract filled from `data`; InvalidInput with every problem at once."""
    try:
        return contract.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(_problems(error)) from None


def _problems(error: ValidationError) -> Problems:
    problems: Problems = {}
    for found in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in found["loc"])
        problems.setdefault(field, []).append(_sentence(found))
    return problems


A_MOMENT = "Write date and time with their zone, such as 2026-11-22T06:00:00Z."
SENTENCES = {
    "missing": "Please fill in this field.",
    "extra_forbidden": "There is no such field; remove it or check its spelling.",
    "string_type": "This must be a text.",
    "bool_parsing": "This must be yes or no.",
    "bool_type": "This must be true or false.",
    "float_parsing": "This must be a number, such as 15 or 0.7.",
    "float_type": "This must be a number, such as 15 or 0.7.",
    "date_from_datetime_parsing": "Write the day as 2026-12-31.",
    "int_parsing": "This must be a whole number.",
    "datetime_from_date_parsing": A_MOMENT,
    "datetime_parsing": A_MOMENT,
    "timezone_aware": A_MOMENT,
}


BOUNDS = {"greater_than_equal": ("ge", "more"), "less_than_equal": ("le", "less")}


def _sentence(found: Any) -> str:
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if found["type"] == "string_too_long":
        return f"Shorten this to {found['ctx']['max_length']} characters."
    if found["type"] == "literal_error":
        return f"This must be one of {found['ctx']['expected']}."
    if found["type"] in BOUNDS:
        name, words = BOUNDS[found["type"]]
        return f"This must be {found['ctx'][name]} or {words}."
    return SENTENCES.get(found["type"], f"{found['msg']}.")
