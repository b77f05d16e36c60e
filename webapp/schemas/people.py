"""People: signing in, passwords, rights, how pages look to them, and the keys they hand to programs."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, field_validator, model_validator

from .contract import Contract, Line, ShortLine, Text, clean, required


class SignIn(Contract):
    email: Line
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]


class NewPassword(Contract):
    password: Annotated[str, Field(repr=False)]

    @field_validator("password")
    @classmethod
    def _is_long_enough(cls, value: str) -> str:
        if not 12 <= len(value) <= 1000:
            raise ValueError("Choose a password of at least 12 characters; a short sentence is easy to remember.")
        return value


class PasswordChange(NewPassword):
    old: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]


class GroupRoleInput(Contract):
    """A role on a group, which is named by its path: Site A > Building 1."""

    group: Annotated[Annotated[str, Field(max_length=4000)], BeforeValidator(required), BeforeValidator(clean)]
    role: Literal["operator", "viewer"] = "viewer"


class RightsInput(Contract):
    """Who somebody is and what they may: a role everywhere, and others on groups."""

    name: Annotated[Text, BeforeValidator(lambda value: clean(value) or "")] = ""
    role: Literal["admin", "operator", "viewer", "none"] = "viewer"
    groups: tuple[GroupRoleInput, ...] = ()
    seen: str | None = None
    """What services.users.digest said of the rights that were edited; a save on top of others is refused."""


class InvitationInput(RightsInput):
    email: Line

    @field_validator("email")
    @classmethod
    def _looks_like_email(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise ValueError("Write the e-mail address as name@example.com.")
        return value.lower()


class UserInput(InvitationInput, NewPassword):
    """Somebody who may sign in at once."""


@cache
def time_zones() -> tuple[str, ...]:
    """The names people know, such as Europe/Vienna."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


class LookInput(Contract):
    """How pages look to somebody; only what was said is changed."""

    theme: Literal["auto", "dark", "light"] = "auto"
    live_seconds: Annotated[Literal[0, 5, 15, 60], BeforeValidator(lambda value: int(value))] = 5
    time_zone: ShortLine = None

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in time_zones():
            raise ValueError("There is no such time zone; choose one from the list, such as Europe/Vienna.")
        return value


class TokenInput(Contract):
    """A key for a program."""

    name: Annotated[Annotated[str, Field(max_length=100)], BeforeValidator(required), BeforeValidator(clean)]
    scopes: tuple[
        Literal["cameras:read", "cameras:write", "cameras:credentials", "users:write", "audit:read"], ...
    ] = ()
    expires: Literal["30", "90", "365", "date", "never"] = "90"
    expires_on: Annotated[date | None, BeforeValidator(clean)] = None
    """The last day on which it works, in UTC; for `expires` date."""

    @field_validator("scopes")
    @classmethod
    def _says_what_it_may(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("Choose at least one thing that the token may do.")
        return tuple(dict.fromkeys(value))

    @model_validator(mode="before")
    @classmethod
    def _means_the_day_it_names(cls, data: Any) -> Any:
        means_it = isinstance(data, dict) and data.get("expires_on") and "expires" not in data
        return data | {"expires": "date"} if means_it else data

    @model_validator(mode="after")
    def _names_its_last_day(self) -> Self:
        if self.expires == "date" and self.expires_on is None:
            raise ValueError("Choose the last day on which the token works.")
        if self.expires_on and self.expires_on.year > 2999:
            raise ValueError("This day is too far away. Choose a nearer one, or never.")
        return self

    def expires_at(self, now: datetime) -> datetime | None:
        if self.expires == "date" and self.expires_on:
            return datetime.combine(self.expires_on + timedelta(days=1), time(), UTC)
        return None if self.expires == "never" else now + timedelta(days=int(self.expires))
