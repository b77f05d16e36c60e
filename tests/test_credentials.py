"""Passwords open only with the right key for the right camera, and nothing secret passes the log."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from hypothesis import assume, given
from hypothesis import strategies as st

from webapp.credentials import (
    BadCredentialKey,
    Credentials,
    CredentialUnreadable,
    RedactingFilter,
    generate_key,
    redact,
)

CANARY = "S3ntinel-Ca##ary/pa@ss:w0rd"
OLD, NEW, OTHER = generate_key(), generate_key(), generate_key()
credentials = Credentials([OLD])


@given(password=st.text(max_size=300), owner=st.text(max_size=40))
def test_what_was_encrypted_opens_again_for_its_owner(password: str, owner: str) -> None:
    assert credentials.decrypt(credentials.encrypt(password, owner), owner) == password


@given(password=st.text(min_size=8), owner=st.text(), other=st.text())
def test_a_ciphertext_moved_to_another_camera_does_not_open(password: str, owner: str, other: str) -> None:
    assume(owner != other)
    with pytest.raises(CredentialUnreadable, match="another camera") as caught:
        credentials.decrypt(credentials.encrypt(password, owner), other)
    assert password not in str(caught.value)


def test_the_ciphertext_shows_neither_password_nor_owner() -> None:
    token = credentials.encrypt(CANARY, "camera-1")
    assert CANARY not in token
    assert "camera-1" not in token
    assert token != credentials.encrypt(CANARY, "camera-1"), "equal passwords must not look equal"


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-4], lambda t: "A" + t[1:], lambda _: "", lambda _: "plain", lambda _: "ä"]
)
def test_a_damaged_ciphertext_is_unreadable(damage: Callable[[str], str]) -> None:
    with pytest.raises(CredentialUnreadable, match="enter the password again"):
        credentials.decrypt(damage(credentials.encrypt(CANARY, "camera-1")), "camera-1")


@pytest.mark.parametrize("sealed", [b"not json", b'"one"', b'["one", "two", "three"]', b"7"])
def test_a_foreign_plaintext_under_our_key_is_unreadable(sealed: bytes) -> None:
    with pytest.raises(CredentialUnreadable):
        credentials.decrypt(Fernet(OLD).encrypt(sealed).decode(), "camera-1")


def test_without_its_key_a_password_is_unreadable_and_says_what_to_do() -> None:
    token = Credentials([OTHER]).encrypt(CANARY, "camera-1")
    with pytest.raises(CredentialUnreadable, match="Put the key it was stored with back"):
        credentials.decrypt(token, "camera-1")


def test_rotation_moves_a_password_to_the_first_key() -> None:
    token = Credentials([OLD]).encrypt(CANARY, "camera-1")
    rotated = Credentials([NEW, OLD]).rotate(token, "camera-1")
    assert Credentials([NEW]).decrypt(rotated, "camera-1") == CANARY
    with pytest.raises(CredentialUnreadable):
        Credentials([OLD]).decrypt(rotated, "camera-1")


def test_rotation_does_not_hide_a_swapped_ciphertext() -> None:
    token = Credentials([OLD]).encrypt(CANARY, "camera-1")
    with pytest.raises(CredentialUnreadable):
        Credentials([NEW, OLD]).rotate(token, "camera-2")


@pytest.mark.parametrize(
    "bad",
    ["", "hunter2", "x" * 44, OLD[:-1], OLD[:-2] + "!=", "A" * 43 + "=", "abcd" * 10 + "abc="],
    ids=["empty", "word", "not base64", "cut", "bad end", "weak", "wrong length"],
)
def test_a_bad_key_is_refused_by_its_number_and_never_shown(bad: str) -> None:
    with pytest.raises(BadCredentialKey, match=r"Key number 2 .*`flask secrets new-key`") as caught:
        Credentials([OLD, bad])
    assert caught.value.__cause__ is None
    assert not bad or bad not in str(caught.value)


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(BadCredentialKey, match="empty"):
        Credentials([])


def test_generated_keys_are_accepted_and_differ() -> None:
    keys = {generate_key() for _ in range(50)}
    assert len(keys) == 50
    Credentials(sorted(keys))


def test_no_repr_shows_a_key() -> None:
    assert OLD not in repr(credentials) + repr(vars(credentials))


LEAKS = {
    "URL": f"cannot open rtsp://admin:{CANARY}@10.0.0.7:554/stream",
    "URL without user": f"redis://:{CANARY}@10.0.0.7/0",
    "URL in JSON": json.dumps({"url": f"rtsp://admin:{CANARY}@10.0.0.7/", "name": "Gate 2"}),
    "encoded URL": f"GET /test?rtsp_url=rtsp%3A%2F%2Fadmin%3A{quote(CANARY, safe='')}%4010.0.0.7",
    "two URLs": f"rtsp://a:{CANARY}@h/1,rtsp://a:{CANARY}@h/2",
    "form": f"name=Gate&password={CANARY}&group=1",
    "variable": f"ADMIN_PASSWORD={CANARY}",
    "with colon": f"password: {CANARY}",
    "capitals": f"Password = {CANARY}",
    "dict": str({"name": "Gate", "password": CANARY + "' and \" more", "id": 1}),
    "bytes": str({"password": (CANARY + " tail").encode()}),
    "JSON": json.dumps({"password": CANARY + '" and \\ more'}),
    "JSON in JSON": json.dumps(json.dumps({"password": CANARY + " and more"})),
    "f-string in quotes": f'password="{CANARY}"tail-of-{CANARY}"',
    "cut off": f"password='{CANARY} and {CANARY}",
    "validation error": f"password\n  too short [type=string, input_value='{CANARY} x', input_type=str]",
    "keyword": f"connect(user='admin', passwd={CANARY!r})",
    "header": f"Authorization: Digest username=admin, nonce=1, response={CANARY}",
    "header in a dict": str({"Authorization": f"Basic {CANARY}", "Host": "h"}),
    "header as a pair": str([("authorization", f"Basic {CANARY}")]),
    "header as bytes": str([(b"authorization", f"Basic {CANARY} x".encode())]),
    "cookie": f"Cookie: session={CANARY}; theme=dark",
    "bearer": f"sent bearer {CANARY}",
    "signed link": f"http://s3:9000/b/k.jpg?X-Amz-Expires=60&X-Amz-Signature={CANARY}",
    "our signed link": f"/stored/k.jpg?expires=1&signature={CANARY}",
    "session token": f"X-Amz-Security-Token={CANARY}",
    "S3 settings": f"S3_SECRET_KEY={CANARY} S3_ACCESS_KEY={CANARY}",
    "API token": f"access_token={CANARY}",
    "token in JSON": json.dumps({"accessToken": CANARY + " x"}),
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_the_canary_is_masked(text: str) -> None:
    assert_no_canary(redact(text))


def assert_no_canary(text: str) -> None:
    for part in (CANARY, quote(CANARY, safe=""), "S3ntinel", "w0rd", "more", "tail"):
        assert part not in text, text


@pytest.mark.parametrize(
    "text",
    [
        "camera Gate 2 is offline: no answer from 10.0.0.7:554 within 8 s",
        "GET http://127.0.0.1:8000/cameras/1?page=2 HTTP/1.1 200",
        "The camera rejected our login: user name or password wrong",
        "Session token expired; a token: see the documentation",
        "mail to operator@example.com about rtsp://10.0.0.7/stream",
        "",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


def test_the_rest_of_a_line_stays_readable() -> None:
    line = redact(f"camera 7: rtsp://admin:{CANARY}@10.0.0.7:554/ch1 answered 401 in 12 ms")
    assert line == "camera 7: rtsp://***@10.0.0.7:554/ch1 answered 401 in 12 ms"


secret = st.text(st.characters(exclude_categories=("Z", "C")), min_size=8, max_size=60)


@given(password=secret, user=st.text("abcdef", max_size=8))
def test_any_password_in_a_url_is_masked(password: str, user: str) -> None:
    assume(len(set(password)) > 4)
    assert password not in redact(f"opening rtsp://{user}:{password}@10.20.30.40:554/stream failed")


@given(password=st.text(min_size=8, max_size=60), name=st.sampled_from(["password", "secret_key", "accessToken"]))
def test_any_password_in_a_mapping_is_masked(password: str, name: str) -> None:
    assume(len(set(password)) > 4)
    about = {"camera": "Gate 2", name: password, "port": 554}
    assert repr(password)[1:-1] not in redact(repr(about))
    assert json.dumps(password)[1:-1] not in redact(json.dumps(about))


@given(st.text(alphabet="password=:/@'\"\\ *tokenbr{}&,%34f2\nAuthorization", max_size=200))
def test_masking_twice_reveals_nothing_and_never_fails(text: str) -> None:
    once = redact(text)
    assert len(redact(once)) <= len(once)


@pytest.mark.parametrize(
    "piece",
    ["a://", "password", 'password="', "password='\\", "token='\"", "@://", "x" * 10, "bearer ", 'authorization":'],
)
def test_a_hostile_line_costs_time_in_proportion_to_its_length(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 10  # quadratic would be minutes


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger whose handler has the filter, and what that handler writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    log = logging.getLogger("test_credentials.child")
    parent = logging.getLogger("test_credentials")
    parent.addHandler(handler)
    parent.propagate = False
    yield log, stream
    parent.removeHandler(handler)
    parent.propagate = True


def fail_with(text: str) -> None:
    raise ConnectionError(text)


def test_a_child_logger_s_message_and_arguments_are_masked(written: tuple[logging.Logger, io.StringIO]) -> None:
    log, stream = written
    log.warning("login with password=%s at %s failed after %d tries", CANARY, f"rtsp://u:{CANARY}@h/", 3)
    assert_no_canary(stream.getvalue())
    assert "login with password=*** at rtsp://***@h/ failed after 3 tries" in stream.getvalue()


def test_an_exception_s_text_and_its_causes_are_masked(written: tuple[logging.Logger, io.StringIO]) -> None:
    log, stream = written
    try:
        try:
            fail_with(f"rtsp://admin:{CANARY}@h/ refused")
        except ConnectionError as error:
            raise RuntimeError(f"password={CANARY}") from error
    except RuntimeError:
        log.exception("the check failed")
    assert "Traceback" in stream.getvalue()
    assert "ConnectionError: rtsp://***@h/ refused" in stream.getvalue()
    assert_no_canary(stream.getvalue())


def test_a_second_handler_does_not_get_the_exception_unmasked(written: tuple[logging.Logger, io.StringIO]) -> None:
    log, _ = written
    later = io.StringIO()
    handler = logging.StreamHandler(later)
    logging.getLogger("test_credentials").addHandler(handler)
    try:
        try:
            fail_with(f"password={CANARY}")
        except ConnectionError:
            log.exception("the check failed")
    finally:
        logging.getLogger("test_credentials").removeHandler(handler)
    assert "Traceback" in later.getvalue()
    assert_no_canary(later.getvalue())


def test_arguments_that_do_not_fit_neither_leak_nor_break_the_caller(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    log, stream = written
    log.warning("only one %s", f"password={CANARY}", f"rtsp://u:{CANARY}@h/")
    assert "only one" in stream.getvalue()
    assert_no_canary(stream.getvalue())


def test_a_sealed_file_opens_for_its_owner_alone() -> None:
    credentials = Credentials([generate_key()])
    sealed = credentials.seal(b"name\0password", "import-1")
    assert b"password" not in sealed
    assert credentials.unseal(sealed, "import-1") == b"name\0password"
    for other, token in ((credentials, sealed), (Credentials([generate_key()]), sealed), (credentials, b"no token")):
        with pytest.raises(CredentialUnreadable, match="cannot be read"):
            other.unseal(token, "import-2")
