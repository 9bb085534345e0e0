"""Calls beside a question: logs, stops, ratings, welcomes, lists of robots; and their failures."""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridge.beebot.gateway import Gateway, ListedRobot
from bridge.beebot.sdk import DaemonThreads, StaticKey
from bridge.core.errors import (
    BridgeError,
    CredentialsExpired,
    CredentialsRejected,
    Misconfigured,
    ProtocolError,
    RateLimited,
    Refused,
    Unavailable,
)
from bridge.core.model import Robot, RobotId, SessionId
from bridge.emulators.beebot import BeebotEmulator, GatewayFault
from tests.robots import ROBOT

KEY_ID = "LTAI5tExampleKeyId"
SECRET = "ExampleAccessKeySecret0123456789"
KEY = StaticKey(KEY_ID, SECRET)
SESSION = SessionId("dfa8ed43a2584d6c867a1c9b5baee490")


@pytest.fixture
async def beebot() -> AsyncIterator[BeebotEmulator]:
    async with BeebotEmulator() as emulator:
        yield emulator


def gateway_of(beebot: BeebotEmulator, key: StaticKey = KEY, read_s: float = 5) -> Gateway:
    return Gateway(beebot.endpoint, key=key, read_s=read_s)


async def failure_of(gateway: Gateway) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        await gateway.apply_for_stream_token()
    return caught.value


class TestSignatures:
    """The vendor's own signer, held to vectors that were computed independently of it."""

    AGENT = "ac627989eb4f8a98ed05fd098bbae5_p_beebot_public"
    EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @pytest.mark.parametrize(
        ("action", "query", "key_id", "extra", "expected"),
        [
            (
                "ApplyForStreamAccessToken",
                {"AgentKey": AGENT},
                KEY_ID,
                {},
                "0355e2c31ed90ff366b4f30d8d56071c05ecc036ac63dad0cc402e10fe921ea7",
            ),
            (
                "ApplyForStreamAccessToken",
                {},
                "STS.ExampleKeyId",
                {
                    "x-acs-accesskey-id": "STS.ExampleKeyId",
                    "x-acs-security-token": "ExampleSecurityToken==",
                },
                "b964c4c9667821c666dec1a5c3a66e7792b78b73cddb50b5e8be1412f8361743",
            ),
            (
                "Feedback",
                {
                    "InstanceId": "chatbot-cn-Example",
                    "MessageId": "aad1d419-45cb-4f8d-9f24-a0c12ca62749",
                    "SessionId": "dfa8ed43a2584d6c867a1c9b5baee490",
                    "Feedback": "bad",
                    "FeedbackContent": "答案 不对+~*/",
                },
                KEY_ID,
                {},
                "c9692070526a3b2f3e1e6ed5c001855c39d0dd7f9c604c3d50ca1bbedaa860c5",
            ),
        ],
    )
    def test_the_sdk_signs_as_the_vectors_say(
        self,
        action: str,
        query: dict[str, str],
        key_id: str,
        extra: dict[str, str],
        expected: str,
    ) -> None:
        from alibabacloud_tea_openapi.utils import Utils  # noqa: PLC0415 - as late as the bridge

        headers = {
            "accept": "application/json",
            "host": "chatbot.cn-shanghai.aliyuncs.com",
            "x-acs-action": action,
            "x-acs-version": "2022-04-08",
            "x-acs-date": "2026-01-02T03:04:05Z",
            "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
            "x-acs-content-sha256": self.EMPTY,
            **extra,
        }
        request = SimpleNamespace(method="POST", pathname="/", query=query, headers=headers)

        authorization = Utils.get_authorization(
            request, "ACS3-HMAC-SHA256", self.EMPTY, key_id, SECRET
        )

        assert authorization.endswith(f"Signature={expected}")
        assert f"Credential={key_id}," in authorization


class TestCalls:
    async def test_a_stream_token_has_all_its_parts(self, beebot: BeebotEmulator) -> None:
        token = await gateway_of(beebot).apply_for_stream_token()

        assert all((token.access_token, token.channel_id, token.secret))
        assert [a.access_key_id for a in beebot.applications] == [KEY_ID]

    async def test_the_agent_key_chooses_the_business_space(self) -> None:
        async with BeebotEmulator(agent_key="space") as beebot:
            await gateway_of(beebot).apply_for_stream_token("space")

            assert isinstance(await failure_of(gateway_of(beebot)), CredentialsRejected)

    async def test_an_sts_triple_is_sent_whole(self) -> None:
        async with BeebotEmulator(security_token="sts-token==") as beebot:
            triple = StaticKey(KEY_ID, SECRET, "sts-token==")

            assert await gateway_of(beebot, triple).begin_session(ROBOT)

    async def test_a_welcome_is_the_robots_own(self, beebot: BeebotEmulator) -> None:
        assert await gateway_of(beebot).begin_session(ROBOT) == beebot.robot.welcome

    async def test_an_unknown_session_has_no_log(self, beebot: BeebotEmulator) -> None:
        assert await gateway_of(beebot).logs(ROBOT, SESSION) == []

    async def test_what_is_not_written_cannot_be_cancelled(self, beebot: BeebotEmulator) -> None:
        await gateway_of(beebot).cancel(ROBOT, SESSION, "an answer", "shown so far")
        assert [c.answer for c in beebot.cancellations] == ["shown so far"]

    async def test_a_rating_of_nothing_is_refused(self, beebot: BeebotEmulator) -> None:
        with pytest.raises(Refused) as caught:
            await gateway_of(beebot).feedback(ROBOT, SESSION, "nothing", is_good=True)

        assert caught.value.details["code"] == "InvalidParameter"

    async def test_many_calls_at_once_are_all_answered(self, beebot: BeebotEmulator) -> None:
        gateway = gateway_of(beebot)

        tokens = await asyncio.gather(*(gateway.apply_for_stream_token() for _ in range(20)))

        assert len(set(tokens)) == 20

    async def test_a_proxy_in_the_environment_does_not_divert_the_loopback(
        self, beebot: BeebotEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

        await gateway_of(beebot).apply_for_stream_token()


class TestSpacesAndRobots:
    """A robot belongs to a business space, and a stream token to that space."""

    async def test_the_robots_of_a_space_are_listed_over_all_pages(
        self, beebot: BeebotEmulator
    ) -> None:
        for number in range(23):
            beebot.add_robot(f"chatbot-cn-{number}", "space", name=f"Robot\n{number}")
        listed = await gateway_of(beebot).list_robots("space")
        assert [one.id for one in listed] == [f"chatbot-cn-{n}" for n in range(23)]
        assert listed[0] == ListedRobot(RobotId("chatbot-cn-0"), "Robot 0", "scenario_im", "zh-cn")
        assert [one.id for one in await gateway_of(beebot).list_robots()] == [ROBOT.id]

    async def test_each_side_call_names_the_robot_and_its_space(
        self, beebot: BeebotEmulator
    ) -> None:
        gateway = gateway_of(beebot)
        beebot.add_robot("chatbot-cn-hr", "space").welcome = "HR!"
        hr = Robot(RobotId("chatbot-cn-hr"), "space")
        assert await gateway.begin_session(hr) == "HR!"
        assert await gateway.logs(hr, SESSION) == []
        assert [one.instance_id for one in beebot.logs] == [hr.id]
        with pytest.raises(CredentialsRejected):
            await gateway.begin_session(Robot(hr.id))
        with pytest.raises(CredentialsRejected):
            await gateway.begin_session(Robot(ROBOT.id, "space"))

    async def test_an_unpublished_robot_greets_in_the_sandbox_alone(
        self, beebot: BeebotEmulator
    ) -> None:
        beebot.robot.is_published = False
        with pytest.raises(BridgeError):
            await gateway_of(beebot).begin_session(ROBOT)
        sandbox = Gateway(beebot.endpoint, key=KEY, is_sandbox=True)
        assert await sandbox.begin_session(ROBOT) == beebot.robot.welcome


class TestTheCredentialChain:
    """In a process of its own: the library reads the environment once, when it is imported."""

    PROGRAM = """
import asyncio, sys
from bridge.beebot.gateway import Gateway
from bridge.core.errors import CredentialsRejected

async def apply():
    try:
        return bool(await Gateway(sys.argv[1]).apply_for_stream_token())
    except CredentialsRejected as failure:
        return failure.reason

print(asyncio.run(apply()))
"""

    async def said_with(self, beebot: BeebotEmulator, home: Path, **variables: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            self.PROGRAM,
            beebot.endpoint,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"HOME": str(home), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true", **variables},
        )
        out, _ = await process.communicate()
        return out.decode().strip()

    async def test_without_a_key_the_chain_is_asked(
        self, beebot: BeebotEmulator, tmp_path: Path
    ) -> None:
        key = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        }

        assert await self.said_with(beebot, tmp_path, **key) == "True"
        assert [a.access_key_id for a in beebot.applications] == [KEY_ID]

    async def test_a_chain_that_finds_nothing_is_for_the_operator(
        self, beebot: BeebotEmulator, tmp_path: Path
    ) -> None:
        assert await self.said_with(beebot, tmp_path) == "the credential chain found no key"


class TestThreads:
    async def test_calls_that_hang_leave_the_way_to_a_token(self, beebot: BeebotEmulator) -> None:
        beebot.break_gateway(GatewayFault.slow(30).during("ListTongyiConversationLogs"))
        gateway = gateway_of(beebot)
        recalls = [asyncio.create_task(gateway.logs(ROBOT, SESSION)) for _ in range(50)]
        await asyncio.sleep(0)  # they are all on their way

        async with asyncio.timeout(20):
            assert await gateway.apply_for_stream_token()

        assert not any(recall.done() for recall in recalls)
        for recall in recalls:
            recall.cancel()
        await asyncio.wait(recalls)

    async def test_so_many_calls_run_at_once_and_no_more(self) -> None:
        threads, gate = DaemonThreads(2), threading.Event()
        begun: list[int] = []

        def call(number: int) -> int:
            begun.append(number)
            gate.wait(90)
            return number

        calls = [asyncio.create_task(threads.run(partial(call, n))) for n in range(4)]
        async with asyncio.timeout(60):
            while len(begun) < 2:  # noqa: ASYNC110 - threads set no event of the loop
                await asyncio.sleep(0.005)
        calls[0].cancel()
        await asyncio.wait(calls[:1])
        assert sorted(begun) == [0, 1], "whose caller is gone takes its place until it ends"
        gate.set()

        assert await asyncio.gather(*calls[1:]) == [1, 2, 3]

    async def test_what_a_call_raises_reaches_who_waits_for_it(self) -> None:
        with pytest.raises(ZeroDivisionError):
            await DaemonThreads(1).run(lambda: 1 // 0)

    async def test_a_process_does_not_wait_for_a_call_that_hangs(self) -> None:
        program = """
import asyncio, sys
from bridge.beebot.gateway import Gateway
from bridge.beebot.sdk import StaticKey
from bridge.core.model import Robot, RobotId

async def main():
    key = StaticKey(*sys.argv[2:])
    gateway = Gateway(sys.argv[1], key=key, read_s=30)
    calling = asyncio.create_task(gateway.begin_session(Robot(RobotId("robot"))))
    await asyncio.to_thread(sys.stdin.readline)
    assert not calling.done()
    print("the loop ends", flush=True)

asyncio.run(main())
"""
        called = asyncio.Event()
        callers: list[asyncio.StreamWriter] = []

        async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            callers.append(writer)
            called.set()

        silent = await asyncio.start_server(hang, "127.0.0.1", 0)
        endpoint = "http://127.0.0.1:{1}".format(*silent.sockets[0].getsockname())
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, endpoint, KEY_ID, SECRET,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        async with asyncio.timeout(60):
            await called.wait()
        process.stdin.write(b"\n")
        assert await process.stdout.readline() == b"the loop ends\n"

        async with asyncio.timeout(20):  # less than the call may take
            assert await process.wait() == 0
        silent.close()
        for caller in callers:
            caller.close()
            await caller.wait_closed()


class TestFaults:
    @pytest.mark.parametrize(
        ("code", "status", "expected"),
        [
            ("InvalidParameter", 400, Misconfigured),
            ("400", 400, Misconfigured),
            ("Forbidden", 403, CredentialsRejected),
            ("Forbidden.RAM", 403, CredentialsRejected),
            ("NoPermission", 403, CredentialsRejected),
            ("InstanceFreezing", 403, Misconfigured),
            ("InternalError", 500, Unavailable),
            ("Third party interface error", 400, Unavailable),
            ("ServiceUnavailable", 503, Unavailable),
            ("InvalidAccessKeyId.NotFound", 404, CredentialsRejected),
            ("InvalidAccessKeyId.Inactive", 400, CredentialsRejected),
            ("SignatureDoesNotMatch", 400, CredentialsRejected),
            ("IncompleteSignature", 400, CredentialsRejected),
            ("InvalidTimeStamp.Expired", 400, CredentialsRejected),
            ("SignatureNonceUsed", 400, Unavailable),
            ("InvalidApi.NotFound", 404, Misconfigured),
            ("InvalidProtocol.NeedSsl", 404, CredentialsRejected),
            ("Throttling", 400, RateLimited),
            ("Throttling.User", 429, RateLimited),
            ("Throttling.Api", 503, RateLimited),
            ("InvalidSecurityToken.Expired", 400, Unavailable),
            ("InvalidSecurityToken.Malformed", 400, CredentialsRejected),
            ("SomethingNew", 400, Misconfigured),
            ("SomethingNew", 502, Unavailable),
        ],
    )
    async def test_each_code_becomes_an_error_of_the_core(
        self, beebot: BeebotEmulator, code: str, status: int, expected: type[BridgeError]
    ) -> None:
        fault = GatewayFault.error(code, status, message="see https://secret.example/path now")
        beebot.break_gateway(fault)

        failure = await failure_of(gateway_of(beebot))

        assert type(failure) is expected
        assert failure.details["code"] == code
        assert failure.details["status"] == status
        assert failure.details["message"] == "see [url] now"
        assert failure.details["request_id"]

    async def test_a_throttled_call_says_how_long_to_wait(self, beebot: BeebotEmulator) -> None:
        beebot.break_gateway(GatewayFault.throttled(retry_after_ms=2500).once())

        failure = await failure_of(gateway_of(beebot))

        assert isinstance(failure, RateLimited)
        assert failure.after_s == 2.5

    async def test_a_static_sts_triple_that_ran_out_is_an_error_of_its_own(
        self, beebot: BeebotEmulator
    ) -> None:
        beebot.break_gateway(GatewayFault.error("InvalidSecurityToken.Expired"))

        failure = await failure_of(gateway_of(beebot, StaticKey(KEY_ID, SECRET, "old==")))

        assert type(failure) is CredentialsExpired
        assert failure.needs_operator

    async def test_a_wrong_secret_is_for_the_operator(self, beebot: BeebotEmulator) -> None:
        failure = await failure_of(gateway_of(beebot, StaticKey(KEY_ID, "wrong")))

        assert isinstance(failure, CredentialsRejected)
        assert failure.details["code"] == "SignatureDoesNotMatch"

    async def test_a_hang_up_is_unavailable(self, beebot: BeebotEmulator) -> None:
        beebot.break_gateway(GatewayFault.down())

        assert isinstance(await failure_of(gateway_of(beebot)), Unavailable)

    async def test_a_silent_gateway_is_unavailable(self, beebot: BeebotEmulator) -> None:
        beebot.break_gateway(GatewayFault.slow(30))

        assert isinstance(await failure_of(gateway_of(beebot, read_s=0.1)), Unavailable)

    async def test_nobody_at_the_other_end_is_unavailable(self) -> None:
        gateway = Gateway("http://127.0.0.1:9", key=KEY)

        assert isinstance(await failure_of(gateway), Unavailable)

    @pytest.mark.parametrize("part", ["AccessToken", "ChannelId", "StreamSecret"])
    async def test_a_token_without_one_of_its_parts_is_no_token(
        self, beebot: BeebotEmulator, part: str
    ) -> None:
        beebot.break_gateway(GatewayFault.without(part))

        assert isinstance(await failure_of(gateway_of(beebot)), ProtocolError)


class TestTheSdk:
    async def test_it_is_imported_by_the_first_call_and_not_before(self) -> None:
        program = (
            "import sys, bridge.beebot.gateway, bridge.beebot.client\n"
            "assert not [m for m in sys.modules if m.startswith(('alibabacloud', 'Tea', 'dara'))]"
        )

        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)

        assert await process.wait() == 0

    async def test_it_prints_nothing_of_its_own(self, beebot: BeebotEmulator) -> None:
        await gateway_of(beebot).begin_session(ROBOT)

        for name in ("darabonba-core", "alibabacloud-tea", "credentials"):
            assert not logging.getLogger(name).handlers

    async def test_no_secret_reaches_a_log_or_an_error(
        self, beebot: BeebotEmulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        gateway = gateway_of(beebot, StaticKey(KEY_ID, SECRET, "sts-secret=="))
        token = await gateway.apply_for_stream_token()
        beebot.break_gateway(GatewayFault.error("SignatureDoesNotMatch"))
        failure = await failure_of(gateway)

        shown = f"{caplog.text} {failure!r} {failure} {failure.details} {token!r} {KEY!r}"
        for secret in (SECRET, "sts-secret", token.access_token, token.channel_id, token.secret):
            assert secret not in shown

    def test_it_knows_every_action_that_we_ask_for(self) -> None:
        from alibabacloud_chatbot20220408 import models  # noqa: PLC0415 - as late as the bridge

        for action in ("ApplyForStreamAccessToken", "Feedback", "CancelChat", "BeginSession"):
            request = getattr(models, f"{action}Request")(agent_key="space")
            assert request.agent_key == "space"


async def test_a_mistake_in_a_request_of_ours_is_not_taken_for_an_answer() -> None:
    gateway = Gateway("http://127.0.0.1:1", key=KEY)
    with pytest.raises(TypeError):
        await gateway._call("CancelChat", "", no_such_field="")
    with pytest.raises(AttributeError):
        await gateway._call("NoSuchAction", "")
