from __future__ import annotations

from flask import Flask

from tests.conftest import PASSWORD
from tests.services.people import NOW, audited, everything_audited, new_person
from webapp.schemas import SignIn
from webapp.services.sign_in import sign_in


def test_the_right_password_signs_in_whatever_the_case_of_the_email(either_app: Flask) -> None:
    user = new_person()
    assert sign_in(SignIn(email="A.Ruiz@Example.com", password=PASSWORD), NOW) is user
    assert user.signed_in_at == NOW
    assert audited() == [("user.sign_in", user.email, user.email)]


def test_a_wrong_password_a_stranger_and_a_disabled_person_do_not(app: Flask) -> None:
    user = new_person(is_enabled=False)
    assert sign_in(SignIn(email=user.email, password=PASSWORD), NOW) is None
    user.is_enabled = True
    assert sign_in(SignIn(email=user.email, password="wrong"), NOW) is None
    assert sign_in(SignIn(email="nobody@example.com", password=PASSWORD), NOW) is None


def test_somebody_who_was_invited_signs_in_only_after_joining(app: Flask) -> None:
    user = new_person(password_hash="")
    for password in ("nobody has this password", PASSWORD):
        assert sign_in(SignIn(email=user.email, password=password), NOW) is None


def test_the_audit_keeps_failures_without_what_was_typed(either_app: Flask) -> None:
    user = new_person()
    sign_in(SignIn(email=user.email, password="typed in vain"), NOW)
    sign_in(SignIn(email="a password in the wrong field", password="typed in vain"), NOW)
    assert [action for action, _, _ in audited()] == ["user.sign_in_failed"] * 2
    assert user.email in everything_audited()
    assert "password" not in everything_audited()
    assert "vain" not in everything_audited()
