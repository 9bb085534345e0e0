"""Asks Slack how agent sessions are set and named (docs/slack.md, Status and sessions).

With `LIVE_CHANNEL`, the id of a channel with the bot in it, each test posts a message there, and
deletes it.
"""

import os
from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError

from bridge.resources import Resources

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]
CHANNEL = os.environ.get("LIVE_CHANNEL", "")
STATE, NAME = "agents.sessions.setStatus", "agents.sessions.rename"
WORDS = "assistant.threads.setStatus"

Thread = dict[str, str]


@pytest.fixture
async def thread(resources: Resources) -> AsyncIterator[Thread]:
    if not CHANNEL:
        pytest.skip("needs LIVE_CHANNEL, a channel with the bot in it")
    words = "The bridge looks how sessions work here; this goes in a moment."
    posted = await resources.slack.chat_postMessage(channel=CHANNEL, text=words)
    yield {"channel_id": CHANNEL, "thread_ts": str(posted["ts"])}
    await resources.slack.chat_delete(channel=CHANNEL, ts=str(posted["ts"]))


async def refusal(resources: Resources, method: str, arguments: dict[str, str]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await resources.slack.api_call(method, json=arguments)
    return str(caught.value.response["error"])


async def test_slack_takes_the_app_for_an_agent(resources: Resources) -> None:
    """As `bridge doctor` asks: where this is `not_authorized`, the app is none."""
    nowhere = {"channel_id": "C0NOWHERE00", "thread_ts": "1.000001", "status": "active"}
    assert await refusal(resources, STATE, nowhere) == "channel_not_found"


@pytest.mark.parametrize("words", ["is thinking…", ""])
async def test_a_state_is_one_of_few_words(
    resources: Resources, thread: Thread, words: str
) -> None:
    assert await refusal(resources, STATE, thread | {"status": words}) == "invalid_arguments"


async def test_a_session_has_the_title_of_the_call_that_creates_it(
    resources: Resources, thread: Thread
) -> None:
    created = thread | {"status": "processing", "title": "First"}
    answer = await resources.slack.api_call(STATE, json=created)
    assert (answer["status"], answer["title"]) == ("processing", "First")
    assert "warning" not in answer, "the app does not hear of Slack's Stop button"
    later = thread | {"status": "active", "title": "Second"}
    answer = await resources.slack.api_call(STATE, json=later)
    assert (answer["status"], answer["title"]) == ("active", "First")


async def test_a_session_is_renamed_and_a_thread_without_one_is_not(
    resources: Resources, thread: Thread
) -> None:
    named = thread | {"title": "Mine"}
    assert await refusal(resources, NAME, named) == "session_not_found"
    await resources.slack.api_call(STATE, json=thread | {"status": "active"})
    assert (await resources.slack.api_call(NAME, json=named))["ok"]


@pytest.mark.assistant_methods
async def test_words_under_a_thread_still_have_their_method(
    resources: Resources, thread: Thread
) -> None:
    for words in ("is thinking…", ""):
        assert (await resources.slack.api_call(WORDS, json=thread | {"status": words}))["ok"]
