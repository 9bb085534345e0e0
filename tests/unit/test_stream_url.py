"""The signed address of Beebot's stream, which shows no secret."""

import logging

import pytest

from bridge.beebot.request import StreamToken, sign, stream_url

TOKEN = StreamToken("63ba97b4", "cc9e88c0-4f41", "0123456789abcdef0123456789abcdef", 1000.0)


@pytest.mark.parametrize(
    ("secret", "timestamp_ms", "expected"),
    [
        (
            "cc9e88c0-4f41-4f1d-a1a9-91a72d2aa27d",
            1700000000000,
            "a92d5b11616b3b6015e4ffe537a58301",
        ),
        ("0123456789abcdef0123456789abcdef", 1732286109123, "4f02d9182937065bcfe972e401f39447"),
        ("测试-Secret+/=&%20", 1, "1320bea288a7e5a41cd8b911d779365b"),
    ],
)
def test_the_sign_matches_the_published_vectors(
    secret: str, timestamp_ms: int, expected: str
) -> None:
    assert sign(secret, timestamp_ms) == expected


def test_the_url_holds_token_channel_sign_and_timestamp_in_this_order() -> None:
    url = stream_url("https://stream.example/sse/paas4Json/", TOKEN, timestamp_ms=1732286109123)

    assert str(url) == (
        "https://stream.example/sse/paas4Json/63ba97b4/cc9e88c0-4f41"
        "/4f02d9182937065bcfe972e401f39447/1732286109123"
    )


def test_no_part_of_a_token_can_change_the_path() -> None:
    odd = StreamToken("a/b?c#d", "../é %2F", "s", 0.0)

    url = stream_url("https://stream.example/sse", odd, timestamp_ms=1)

    assert url.raw_path == f"/sse/a%2Fb%3Fc%23d/..%2F%C3%A9%20%252F/{sign('s', 1)}/1"
    assert not url.query_string
    assert not url.fragment


def test_a_token_shows_none_of_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("%s %r", TOKEN, TOKEN)

    assert "StreamToken(issued_at=1000.0)" in caplog.text
    for secret in (TOKEN.access_token, TOKEN.channel_id, TOKEN.secret):
        assert secret not in caplog.text
