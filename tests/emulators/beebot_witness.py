"""Two clients the emulator was not written with: the vendor's SDK, and one like curl."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
from alibabacloud_chatbot20220408 import models
from alibabacloud_chatbot20220408.client import Client
from alibabacloud_tea_openapi.models import Config

from bridge.emulators.beebot import BeebotEmulator

KEY = "LTAI5tExampleKeyId"
SECRET = "ExampleAccessKeySecret0123456789"
ROBOT = "chatbot-cn-Example"
TIMEOUT_MS = 5000

for _name in ("darabonba-core", "alibabacloud-tea", "credentials"):
    logging.getLogger(_name).handlers.clear()


def vendor(beebot: BeebotEmulator, key: str = KEY, secret: str = SECRET, sts: str = "") -> Client:
    """The SDK's client, as its documentation sets it up."""
    return Client(
        Config(
            access_key_id=key,
            access_key_secret=secret,
            security_token=sts or None,
            protocol="HTTP",
            endpoint=beebot.endpoint.removeprefix("http://"),
            read_timeout=TIMEOUT_MS,
        )
    )


@dataclass(frozen=True, slots=True)
class Triple:
    token: str
    channel: str
    secret: str


async def apply(client: Client, agent_key: str | None = None) -> Triple:
    request = models.ApplyForStreamAccessTokenRequest(agent_key=agent_key)
    body = (await asyncio.to_thread(client.apply_for_stream_access_token, request)).body
    return Triple(body.access_token, body.channel_id, body.stream_secret)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str
    raw: bytes

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        return [json.loads(event.removeprefix("data:")) for event in self._events]

    @property
    def values(self) -> list[dict[str, Any]]:
        """The decoded value of each frame."""
        return [json.loads(e["data"][0]["value"]) for e in self.envelopes if e["success"]]

    @property
    def texts(self) -> list[str]:
        """The text of each frame that has a Direct body."""
        bodies = (value["MessageBody"] for value in self.values if "MessageBody" in value)
        return [body["DirectMessageBody"]["SentenceList"][0]["Content"] for body in bodies]

    @property
    def session_id(self) -> str:
        return str(self.values[0]["SessionId"])

    @property
    def answer_id(self) -> str:
        return str(self.values[0]["MessageId"])

    @property
    def _events(self) -> list[str]:
        return [event for event in self.raw.decode().split("\n\n") if event]


class Visitor:
    """Asks over plain HTTP; every part of a request can be given, to be wrong on purpose."""

    def __init__(self, beebot: BeebotEmulator, http: aiohttp.ClientSession, triple: Triple) -> None:
        self.triple = triple
        self._beebot = beebot
        self._http = http

    def url(self, **wrong: str) -> str:
        timestamp = wrong.get("timestamp", str(int(time.time() * 1000)))
        text = f"streamSecret={self.triple.secret}&timestamp={timestamp}"
        parts = {
            "token": self.triple.token,
            "channel": self.triple.channel,
            "sign": hashlib.md5(text.encode()).hexdigest(),  # noqa: S324 - the vendor's choice
            "timestamp": timestamp,
        } | wrong
        return f"{self._beebot.stream_url}/{'/'.join(parts.values())}"

    @asynccontextmanager
    async def open(self, utterance: str, **value: object) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self._http.post(self.url(), json=question(utterance, "", **value)) as response:
            yield response

    async def ask(self, utterance: str, message_id: str = "", **value: object) -> Reply:
        return await self.post(question(utterance, message_id, **value))

    async def post(self, body: object, url: str = "") -> Reply:
        async with self._http.post(url or self.url(), json=body) as response:
            return Reply(response.status, response.content_type, await response.read())

    async def chunks(self, utterance: str) -> list[bytes]:
        """The answer in the HTTP chunks it came in."""
        async with self.open(utterance) as response:
            found, held = [], b""
            async for data, ends_chunk in response.content.iter_chunks():
                held += data
                if ends_chunk:
                    found.append(held)
                    held = b""
            return found


def question(utterance: str, message_id: str = "", **value: object) -> dict[str, Any]:
    inner = {"InstanceId": ROBOT, "Utterance": utterance, **value}
    return {
        "messageId": message_id or str(uuid4()),
        "action": "TongyiBeebotChat",
        "version": "2022-04-08",
        "data": [{"type": "JSON_TEXT", "value": json.dumps(inner, ensure_ascii=False)}],
    }


@asynccontextmanager
async def visiting(beebot: BeebotEmulator) -> AsyncIterator[Visitor]:
    """Runs the emulator, with a visitor who holds fresh stream credentials."""
    async with beebot, aiohttp.ClientSession() as http:
        yield Visitor(beebot, http, await apply(vendor(beebot)))
