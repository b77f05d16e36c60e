"""Stream URLs: what is let through, and the sentence for what is not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.video.fuzz import fuzz
from webapp.video.stream_url import InvalidStreamUrl, StreamUrl, parse_stream_url, split_userinfo


@pytest.mark.parametrize(
    ("text", "canonical", "address"),
    [
        ("rtsp://10.20.4.14/stream1", "rtsp://10.20.4.14/stream1", "10.20.4.14:554"),
        ("rtsp://10.20.4.14:554/stream1", "rtsp://10.20.4.14/stream1", "10.20.4.14:554"),
        ("RTSP://Cam-2.Example.ORG.:8554/A?b=C&d", "rtsp://cam-2.example.org:8554/A?b=C&d", "cam-2.example.org:8554"),
        ("rtsps://cam_2/x", "rtsps://cam_2/x", "cam_2:322"),
        ("rtsp://10.20.4.14", "rtsp://10.20.4.14/", "10.20.4.14:554"),
        ("rtsp://10.20.4.14?channel=1", "rtsp://10.20.4.14/?channel=1", "10.20.4.14:554"),
        ("rtsp://[FD00::0:20]/x", "rtsp://[fd00::20]/x", "[fd00::20]:554"),
        ("rtsp://[fd00::20]:8554/x%20y%2F", "rtsp://[fd00::20]:8554/x%20y%2F", "[fd00::20]:8554"),
        ("rtsp://xn--kamera-9ua.example/x", "rtsp://xn--kamera-9ua.example/x", "xn--kamera-9ua.example:554"),
    ],
)
def test_it_reads_a_camera_url(text: str, canonical: str, address: str) -> None:
    url = parse_stream_url(text)
    assert (url.text, url.address) == (canonical, address)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "must begin with rtsp://"),
        ("10.20.4.14/stream1", "must begin with rtsp://"),
        ("http://10.20.4.14/", "Only rtsp:// and rtsps://"),
        ("file:///etc/passwd", "Only rtsp:// and rtsps://"),
        ("rtsp:///stream1", "names no host"),
        ("rtsp://:554/stream1", "names no host"),
        ("rtsp://admin:secret@10.20.4.14/", "in their own fields"),
        ("rtsp://admin@10.20.4.14/", "in their own fields"),
        ("rtsp://admin:se/cret@10.20.4.14/", "in their own fields"),
        ("rtsp://10.20.4.14/a b", "a space"),
        ("rtsp://10.20.4.14/a\r\nX: y", "a control character"),
        ("rtsp://10.20.4.14/\x00", "a control character"),
        ("rtsp://10.20.4.14/a|b", "the character |"),
        ("rtsp://10.20.4.14/a;b", "the character ;"),
        ("rtsp://10.20.4.14\\a", "the character \\"),
        ('rtsp://10.20.4.14/"', 'the character "'),
        ("rtsp://10.20.4.14/#1", "the character #"),
        ("rtsp://10.20.4.14:0/", "from 1 to 65535"),
        ("rtsp://10.20.4.14:65536/", "from 1 to 65535"),
        ("rtsp://10.20.4.14:/", "from 1 to 65535"),
        ("rtsp://10.20.4.14:5x4/", "from 1 to 65535"),
        ("rtsp://10.20.4.14:٥٥٤/", "from 1 to 65535"),
        ("rtsp://fd00::20/x", "from 1 to 65535"),
        ("rtsp://[fd00::20/x", "not closed"),
        ("rtsp://[fd00::20]x/", "not closed"),
        ("rtsp://[fd00::zz]/", "not valid"),
        ("rtsp://[fe80::1%25eth0]/", "without a zone"),
        ("rtsp://[10.0.0.1]/", "not valid"),
        ("rtsp://2130706433/", "four decimal numbers"),
        ("rtsp://0x7f000001/", "four decimal numbers"),
        ("rtsp://017700000001/", "four decimal numbers"),
        ("rtsp://127.1/", "four decimal numbers"),
        ("rtsp://0x7f.0.0.1/", "four decimal numbers"),
        ("rtsp://10.0.0.0x1/", "four decimal numbers"),
        ("rtsp://010.0.0.1/", "four decimal numbers"),
        ("rtsp://10.0.0.256/", "four decimal numbers"),
        ("rtsp://10。0。0。1/", "xn-- form"),
        ("rtsp://kämera.example/", "xn-- form"),
        ("rtsp://-cam/", "host name is not valid"),
        ("rtsp://cam..example/", "host name is not valid"),
        ("rtsp://cam%2eexample/", "host name is not valid"),
        ("rtsp://" + "a" * 64 + "/", "host name is not valid"),
        ("rtsp://10.20.4.14/%zz", "two hex digits"),
        ("rtsp://10.20.4.14/%", "two hex digits"),
        ("rtsp://10.20.4.14/%0d%0aX", "encoded control character"),
        ("rtsp://10.20.4.14/é", "Write others percent-encoded"),
        ("rtsp://10.20.4.14/" + "a" * 2048, "longer than 2048"),
    ],
)
def test_it_says_what_is_wrong_and_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(InvalidStreamUrl) as refusal:
        parse_stream_url(text)
    assert hint in str(refusal.value)
    assert "secret" not in str(refusal.value)


@fuzz
@given(st.text(alphabet=st.sampled_from("rtsp://:@[]%.0123456789abcxf-_?&=;|\\\r\n\t ü。#\"'"), max_size=60))
def test_whatever_it_lets_through_is_safe_and_canonical(rest: str) -> None:
    try:
        url = parse_stream_url(f"rtsp://{rest}")
    except InvalidStreamUrl:
        return
    assert url.text.isascii()
    assert not set(url.text) & set(' \r\n\t|;\\"#@\x00')
    assert parse_stream_url(url.text) == url
    _host_means_only_one_thing(url)


def _host_means_only_one_thing(url: StreamUrl) -> None:
    """Either an address that Python reads as written, or a name that no resolver takes for a number."""
    try:
        assert str(ipaddress.ip_address(url.host)) == url.host
    except ValueError:
        last = url.host.rpartition(".")[2]
        assert not last.isdigit()
        assert not last.startswith("0x") or not last[2:].isalnum() or set(last[2:]) - set("0123456789abcdef")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("rtsp://admin:pa%2Fss%40@10.0.0.1/x", ("rtsp://10.0.0.1/x", "admin", "pa/ss@")),
        ("rtsp://admin:p@ss@10.0.0.1", ("rtsp://10.0.0.1", "admin", "p@ss")),
        ("rtsp://admin@10.0.0.1/x", ("rtsp://10.0.0.1/x", "admin", None)),
        ("rtsp://admin:@10.0.0.1/x", ("rtsp://10.0.0.1/x", "admin", "")),
        ("rtsp://10.0.0.1/x", ("rtsp://10.0.0.1/x", None, None)),
        ("rubbish", ("rubbish", None, None)),
    ],
)
def test_it_takes_the_login_out_of_an_imported_url(text: str, parts: tuple[str, str | None, str | None]) -> None:
    assert split_userinfo(text) == parts
