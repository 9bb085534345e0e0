"""What is refused is named with the service's own word, and with what helps against it."""

import ssl
from socket import gaierror

import pytest
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from bridge.beebot.faults import advice_for, from_envelope
from bridge.core.errors import (
    BridgeError,
    CredentialsRejected,
    Misconfigured,
    RateLimited,
    Refused,
    Unavailable,
    Unusable,
)
from bridge.network import NetworkFault, find_network_fault, network_advice
from bridge.store.faults import unavailable


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("InvalidTimeStamp.Expired", "clock"),
        ("InvalidAccessKeyId.Inactive", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("InvalidSecurityToken.Expired", "temporary key"),
        ("IncompleteSignature", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("InstanceFreezing", "bill"),
        ("Forbidden.RAM", "RAM user"),
        ("Forbidden", "BEEBOT_AGENT_KEY"),
        ("InvalidApi.NotFound", "BEEBOT_ENDPOINT"),
        ("CredentialException", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ],
)
def test_alibabas_refusals_call_for_different_things(code: str, advice: str) -> None:
    assert advice in advice_for(code)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameter", "InstanceId does not exist"),
        ("InvalidParameter", "The parameter InstanceId is not valid."),
        ("InvalidParameter.InstanceId", ""),
        ("InvalidInstanceId.NotFound", "not found"),
        ("400", "invalid robot id"),
        ("", "机器人不存在"),
        ("ROBOT_NOT_PUBLISHED", "robot is not published"),
    ],
)
def test_a_wrong_robot_is_the_operators_to_mend(code: str, message: str) -> None:
    error = from_envelope(code, message, request_id="R1")
    assert isinstance(error, Misconfigured)
    assert error.needs_operator
    assert "BEEBOT_INSTANCE_ID" in error.advice


def test_a_frozen_robot_is_too() -> None:
    error = from_envelope("InstanceFreezing", "frozen", request_id="R1")
    assert isinstance(error, Misconfigured)
    assert "bill" in error.advice


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("ContentPolicy", "The robot does not answer this.", Refused),
        ("DataInspectionFailed", "Input data may contain inappropriate content.", Refused),
        ("InvalidParameter", "Utterance exceeds 128 characters", Refused),
        ("InternalError", "the instance is missing", Unavailable),
        ("Throttling.User", "too many for this instance", RateLimited),
        ("Forbidden", "User not authorized to operate on the instance.", CredentialsRejected),
    ],
)
def test_what_else_the_stream_refuses_is_no_wrong_robot(
    code: str, message: str, kind: type[BridgeError]
) -> None:
    error = from_envelope(code, message, request_id="R1")
    assert isinstance(error, kind)
    assert not isinstance(error, Misconfigured)


def test_a_question_too_long_for_an_old_robot_names_the_setting() -> None:
    error = from_envelope("InvalidParameter", "Utterance exceeds 128 characters", request_id="")
    assert "BEEBOT_MAX_UTTERANCE" in error.advice


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (ssl.SSLCertVerificationError(1, "verify failed: self-signed certificate"),
         NetworkFault.SELF_SIGNED),
        (ssl.SSLCertVerificationError(1, "self signed certificate in certificate chain"),
         NetworkFault.SELF_SIGNED),
        (ssl.SSLCertVerificationError(1, "certificate has expired"), NetworkFault.EXPIRED),
        (ssl.SSLCertVerificationError(1, "Hostname mismatch, not valid for 'a'"),
         NetworkFault.MISNAMED),
        (ssl.SSLCertVerificationError(
            1, "[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer certificate"),
         NetworkFault.UNTRUSTED),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), NetworkFault.NO_TLS),
        (gaierror(-2, "Name or service not known"), NetworkFault.UNKNOWN_NAME),
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"), NetworkFault.REFUSED),
        (TimeoutError(), NetworkFault.SILENT),
        (ConnectionResetError(104, "Connection reset by peer"), NetworkFault.CUT),
        (ValueError("no address"), None),
    ],
)  # fmt: skip
def test_what_keeps_us_from_a_service_is_told_from_the_exception(
    error: Exception, trouble: NetworkFault | None
) -> None:
    assert find_network_fault(error) is trouble
    outer = OSError("it went wrong")
    outer.__cause__ = error
    assert find_network_fault(outer) is trouble
    advice = network_advice(trouble, "Slack", "SLACK_API_URL")
    assert advice.endswith(".")
    assert "{" not in advice


@pytest.mark.parametrize(
    ("error", "word", "advice"),
    [
        (AuthenticationError("invalid username-password pair"), "WRONGPASS", "password"),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), "NOREPLICAS", "replicas"),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), "MISCONF", "snapshot"),
        (ResponseError("DENIED Redis is running in protected mode"), "DENIED", "protected mode"),
        (ResponseError("The user executing the script can't run this command"), "NOPERM", "ACL"),
        (ResponseError("DB index is out of range"), "ERR", "REDIS_URL"),
        (RedisConnectionError("max number of clients reached", status_code="ERR"), "MAXCLIENTS",
         "BRIDGE_REDIS_CONNECTIONS"),
    ],
)  # fmt: skip
def test_redis_is_quoted_with_its_own_word(error: Exception, word: str, advice: str) -> None:
    told = unavailable(error)
    assert isinstance(told, Unusable)
    assert told.code == word
    assert advice in told.advice


def test_a_redis_that_loads_its_data_needs_nobody() -> None:
    told = unavailable(ResponseError("LOADING Redis is loading the dataset in memory"))
    assert not told.needs_operator
