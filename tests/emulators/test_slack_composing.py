"""What people type, paste and forward arrives as Slack's composer stores it."""

from bridge.emulators.slack import C_GENERAL, C_RANDOM, U_ALICE, U_BOB
from bridge.emulators.slack.composing import rich_text
from tests.emulators.slack_witness import MANIFEST
from tests.slack import slack_emulator


async def test_what_is_typed_is_rich_text_beside_its_text() -> None:
    block = rich_text("<@U0BOB> in <#C0HALL|hall>: a &lt; b <https://x.org|docs> :wave: `:x:`", "b")
    (section,) = block["elements"]
    assert section["elements"] == [
        {"type": "user", "user_id": "U0BOB"},
        {"type": "text", "text": " in "},
        {"type": "channel", "channel_id": "C0HALL"},
        {"type": "text", "text": ": a < b "},
        {"type": "link", "url": "https://x.org", "text": "docs"},
        {"type": "text", "text": " "},
        {"type": "emoji", "name": "wave"},
        {"type": "text", "text": " "},
        {"type": "text", "text": "`:x:`"},
    ]


async def test_an_edit_changes_text_and_blocks_alike() -> None:
    async with slack_emulator(manifest=MANIFEST) as slack:
        ts = await slack.post(C_GENERAL, U_ALICE, "helo")
        await slack.edit(C_GENERAL, ts, "hello")
        message = slack.workspace.message(C_GENERAL, ts)
        assert message.blocks[0]["elements"][0]["elements"] == [{"type": "text", "text": "hello"}]


async def test_cells_arrive_as_a_table_within_an_attachment() -> None:
    async with slack_emulator(manifest=MANIFEST) as slack:
        ts = await slack.post(C_GENERAL, U_ALICE, "sum?", cells=[["a", "b"], ["1", "2"]])
        (attachment,) = slack.workspace.message(C_GENERAL, ts).attachments
        assert attachment["fallback"] == "[no preview available]"
        (table,) = attachment["blocks"]
        assert [[cell["text"] for cell in row] for row in table["rows"]] == [["a", "b"], ["1", "2"]]


async def test_a_forwarded_message_arrives_as_an_attachment_without_text() -> None:
    async with slack_emulator(manifest=MANIFEST) as slack:
        ts = await slack.post(C_GENERAL, U_ALICE, "Disk full", files=1)
        shared = await slack.forward(U_BOB, C_GENERAL, ts, to=C_RANDOM)
        message = slack.workspace.message(C_RANDOM, shared)
        assert (message.text, message.blocks) == ("", [])
        (attachment,) = message.attachments
        assert (attachment["is_share"], attachment["author_id"]) == (True, U_ALICE)
        assert attachment["text"] == "Disk full"
        assert attachment["files"][0]["name"] == "note.txt"
        assert attachment["message_blocks"][0]["message"]["blocks"][0]["type"] == "rich_text"
