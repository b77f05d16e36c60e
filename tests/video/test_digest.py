"""Login: the vectors of the standards, every kind of challenge a camera sends, and hostile ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.video.fuzz import fuzz
from webapp.video.digest import Asked, Challenge, authorization, choose, digest, parse_challenges

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="{nonce}", opaque="{opaque}"'
)
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def _only(header: str) -> Challenge:
    (challenge,) = parse_challenges([header])
    return challenge


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_it_answers_as_rfc_7616_does(algorithm: str, response: str) -> None:
    challenge = _only(RFC_7616.format(algorithm=algorithm, nonce=NONCE, opaque=OPAQUE))
    answer = digest(challenge, "Mufasa", "Circle of Life", Asked("GET", "/dir/index.html"), CNONCE)
    assert answer == (
        f'Digest username="Mufasa", realm="http-auth@example.org", nonce="{NONCE}", uri="/dir/index.html", '
        f'response="{response}", opaque="{OPAQUE}", cnonce="{CNONCE}", algorithm={algorithm}, qop=auth, nc=00000001'
    )


def test_it_answers_as_rfc_2617_does() -> None:
    challenge = _only(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    answer = digest(challenge, "Mufasa", "Circle Of Life", Asked("GET", "/dir/index.html"), "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in answer


def test_every_use_of_a_nonce_is_counted() -> None:
    challenge = _only(RFC_7616.format(algorithm="MD5", nonce=NONCE, opaque=OPAQUE))
    answers = [digest(challenge, "Mufasa", "x", Asked("GET", "/", count), CNONCE) for count in (1, 31)]
    assert "nc=00000001" in answers[0]
    assert "nc=0000001f" in answers[1]
    assert answers[0].partition('response="')[2][:32] != answers[1].partition('response="')[2][:32]


def test_without_qop_it_answers_as_rfc_2069_did() -> None:
    """The vector of RFC 2069 itself is wrong (its erratum 749 gives this value)."""
    challenge = _only('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')
    answer = digest(challenge, "Mufasa", "CircleOfLife", Asked("GET", "/dir/index.html"), "unused")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in answer
    assert "cnonce" not in answer
    assert "nc=" not in answer


def test_basic_is_the_two_in_base64() -> None:
    assert authorization(_only("Basic"), "Aladdin", "open sesame", Asked("DESCRIBE", "rtsp://x/")) == (
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )


def test_a_quote_in_the_user_name_cannot_end_its_field() -> None:
    answer = digest(_only('Digest realm="a\\"b", nonce="n"'), 'x", uri="evil', "p", Asked("DESCRIBE", "rtsp://x/"), "c")
    assert 'username="x\\", uri=\\"evil"' in answer
    assert 'realm="a\\"b"' in answer


@pytest.mark.parametrize(
    ("headers", "chosen"),
    [
        (['Basic realm="x"', 'Digest realm="x", nonce="1"'], ("digest", "MD5")),
        (['Digest realm="x", nonce="1"', 'Basic realm="x"'], ("digest", "MD5")),
        (['Basic realm="x", Digest realm="x", nonce="1"'], ("digest", "MD5")),
        (['Digest realm="x", nonce="1", algorithm=SHA-256', 'Digest realm="x", nonce="1"'], ("digest", "MD5")),
        (['Digest realm="x", nonce="1", algorithm="SHA-256"', "Basic"], ("digest", "SHA-256")),
        (['digest realm="x" , nonce = "1" , qop = "auth-int,auth"'], ("digest", "MD5")),
        (['Digest realm="x", nonce="1", algorithm=md5-sess, qop=auth'], ("digest", "MD5-SESS")),
        (['Digest realm="x", nonce="1", qop="auth-int"', 'Basic realm="x"'], ("basic", "MD5")),
        (['Digest realm="x", nonce="1", algorithm=SHA-512-256', 'Basic realm="x"'], ("basic", "MD5")),
        (['Digest realm="x"', "Negotiate"], None),
        (["Bearer"], None),
        ([""], None),
    ],
)
def test_it_chooses_what_most_viewers_would_answer(headers: list[str], chosen: tuple[str, str] | None) -> None:
    choice = choose(parse_challenges(headers))
    assert (choice and (choice.scheme, choice.algorithm)) == chosen


def test_a_stale_nonce_is_told_from_a_wrong_password() -> None:
    assert _only('Digest realm="x", nonce="1", stale=TRUE').is_stale
    assert _only('Digest realm="x", nonce="1", stale="true"').is_stale
    assert not _only('Digest realm="x", nonce="1", stale=false').is_stale


PIECES = [
    "Digest ",
    "Basic ",
    "realm",
    "nonce",
    "qop",
    "=",
    '"',
    "\\",
    ",",
    " ",
    "a",
    "auth",
    "SHA-256",
    "algorithm",
    "\r",
    "ü",
]


@fuzz
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_header_breaks_it(header: str) -> None:
    choice = choose(parse_challenges([header]))
    if choice:
        assert authorization(choice, "user", "pass", Asked("DESCRIBE", "rtsp://x/")).isprintable() or "\r" in header


@pytest.mark.parametrize("piece", ['a="', 'a="\\",', '"', "\\", "a=", "a ", ",", 'a="b', "=" * 7])
def test_hostile_headers_cost_linear_time(piece: str) -> None:
    header = "Digest " + piece * (65536 // len(piece))
    started = time.process_time()
    choose(parse_challenges([header]))
    assert time.process_time() - started < 5  # quadratic would be minutes
