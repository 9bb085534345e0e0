"""The published vectors, against what the emulator verifies with."""

import pytest

from bridge.emulators.beebot.signature import (
    canonicalize,
    decode_query,
    digest,
    parse_authorization,
    sign_request,
    sign_stream,
)

COMMON = {
    "accept": "application/json",
    "host": "chatbot.cn-shanghai.aliyuncs.com",
    "x-acs-version": "2022-04-08",
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
    "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}
APPLY = {**COMMON, "x-acs-action": "ApplyForStreamAccessToken"}
TEMPORARY = {
    **APPLY,
    "x-acs-accesskey-id": "STS.ExampleKeyId",
    "x-acs-security-token": "ExampleSecurityToken==",
}
FEEDBACK = (
    "InstanceId=chatbot-cn-Example&MessageId=aad1d419-45cb-4f8d-9f24-a0c12ca62749"
    "&SessionId=dfa8ed43a2584d6c867a1c9b5baee490&Feedback=bad&FeedbackContent="
    "%E7%AD%94%E6%A1%88+%E4%B8%8D%E5%AF%B9%2B~%2A%2F"
)


@pytest.mark.parametrize(
    ("headers", "raw_query", "hashed", "signature"),
    [
        pytest.param(
            APPLY,
            "AgentKey=ac627989eb4f8a98ed05fd098bbae5_p_beebot_public",
            "0b0b6dda62daa8b63e75898315223cc221757574bf9bfeac3c9f09ef93672fd2",
            "0355e2c31ed90ff366b4f30d8d56071c05ecc036ac63dad0cc402e10fe921ea7",
            id="static key",
        ),
        pytest.param(
            TEMPORARY,
            "",
            "252ee33f97888cbeba7895ab186e6b9410447c711464bc4edd2a92acaa45add6",
            "b964c4c9667821c666dec1a5c3a66e7792b78b73cddb50b5e8be1412f8361743",
            id="temporary key",
        ),
        pytest.param(
            {**COMMON, "x-acs-action": "Feedback"},
            FEEDBACK,
            "2a46afecafdf1e39bcf8100ae57e3e58d1b9077ecc2c189d314453b6a481a098",
            "c9692070526a3b2f3e1e6ed5c001855c39d0dd7f9c604c3d50ca1bbedaa860c5",
            id="reserved and Chinese characters",
        ),
    ],
)
def test_a_side_call_is_signed_as_alibaba_publishes_it(
    headers: dict[str, str], raw_query: str, hashed: str, signature: str
) -> None:
    canonical = canonicalize(
        "POST", "/", query=decode_query(raw_query), headers=headers, signed=list(headers), body=b""
    )
    assert digest(canonical) == hashed
    assert sign_request("ExampleAccessKeySecret0123456789", canonical) == signature


@pytest.mark.parametrize(
    ("secret", "timestamp", "sign"),
    [
        (
            "cc9e88c0-4f41-4f1d-a1a9-91a72d2aa27d",
            "1700000000000",
            "a92d5b11616b3b6015e4ffe537a58301",
        ),
        ("0123456789abcdef0123456789abcdef", "1732286109123", "4f02d9182937065bcfe972e401f39447"),
        ("测试-Secret+/=&%20", "1", "1320bea288a7e5a41cd8b911d779365b"),
    ],
)
def test_a_stream_is_signed_as_alibaba_publishes_it(secret: str, timestamp: str, sign: str) -> None:
    assert sign_stream(secret, timestamp) == sign


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host",
        f"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature={'g' * 64}",
    ],
)
def test_a_header_that_is_no_complete_authorization_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="authorization"):
        parse_authorization(header)
