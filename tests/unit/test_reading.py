"""What a person sees in a message is what the model reads."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.slack.reading.message import (
    MessageContent,
    read_question,
    read_quoted,
    without_previews,
)
from tests.payloads import (
    ALERT,
    ALERT_OF_BLOCKS,
    forwarded,
    pasted,
    rich_text,
    section,
    table,
    text,
)
from tests.unit.interaction_payloads import json_values, spoiled

Json = dict[str, Any]
BOT = {"type": "user", "user_id": "U0BOT"}


def read(message: Mapping[str, Any]) -> MessageContent:
    return read_question(message, "U0BOT")


def test_rich_text_is_read_where_there_is_no_text() -> None:
    blocks = [rich_text(section(BOT, text(" what is "), text("this", bold=True), text("?")))]
    assert read({"text": "", "blocks": blocks}) == MessageContent("what is this?")
    assert read({"text": None, "blocks": blocks}) == MessageContent("what is this?")


def test_every_element_of_rich_text_reads_as_it_looks() -> None:
    elements = section(
        text("ask "),
        {"type": "user", "user_id": "U0BOB"},
        text(" in "),
        {"type": "channel", "channel_id": "C0HALL"},
        text(" "),
        {"type": "broadcast", "range": "here"},
        text(" "),
        {"type": "usergroup", "usergroup_id": "S0OPS"},
        text(" "),
        {"type": "emoji", "name": "new_one", "unicode": "1fae9"},
        {"type": "emoji", "name": "party-parrot"},
        text(" "),
        {"type": "link", "url": "https://x.example/a", "text": "docs"},
        text(" "),
        {"type": "link", "url": "http://README.md", "text": "README.md"},
        text(" "),
        text("rm -r <x>", code=True),
        text(" "),
        {"type": "date", "timestamp": 1763800000, "format": "{date}", "fallback": "22 Nov"},
        {"type": "color", "value": "#ff0000"},
        {"type": "brand_new", "text": "!"},
    )
    assert read({"text": "", "blocks": [rich_text(elements)]}).words == (
        "ask <@U0BOB> in <#C0HALL> @here <!subteam^S0OPS> \U0001fae9:party-parrot: "
        "docs (https://x.example/a) README.md `rm -r <x>` 22 Nov#ff0000!"
    )


def test_lists_quotes_and_code_keep_their_form() -> None:
    blocks = [
        rich_text(
            section(text("Steps:\n")),
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 0,
                "offset": 2,
                "elements": [section(text("open")), section(text("read"))],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 1,
                "elements": [section(text("twice"))],
            },
            {"type": "rich_text_quote", "elements": [text("as said\nbefore")]},
            {"type": "rich_text_preformatted", "elements": [text("x = 1\ny = :+1:")]},
        )
    ]
    assert read({"text": "", "blocks": blocks}).words == (
        "Steps:\n3. open\n4. read\n    • twice\n> as said\n> before\n```\nx = 1\ny = :+1:\n```"
    )


def test_the_text_beside_the_blocks_knows_the_names() -> None:
    hall = {"type": "channel", "channel_id": "C0HALL"}
    group = {"type": "usergroup", "usergroup_id": "S0OPS"}
    blocks = [rich_text(section(text("in "), hall, text(" "), group))]
    beside = "in <#C0HALL|hall> <!subteam^S0OPS|@ops>"
    said = "in <#C0HALL|hall> <!subteam^S0OPS|ops>"
    assert read({"text": beside, "blocks": blocks}).words == said


def test_the_text_is_read_where_the_blocks_say_less() -> None:
    assert read({"text": "hello", "blocks": [rich_text()]}) == MessageContent("hello")
    unknown = read({"text": "hello", "blocks": [{"type": "hologram"}]})
    assert (unknown.words, unknown.has_unknown) == ("hello", True)


def test_a_kind_of_block_that_came_after_us_is_read_as_far_as_it_has_words() -> None:
    card = {
        "type": "card",
        "title": {"type": "plain_text", "text": "Trip"},
        "body": {"type": "mrkdwn", "text": "to &lt;Rome&gt;"},
        "elements": [{"type": "section", "text": {"type": "mrkdwn", "text": "by train"}}],
    }
    said = read({"text": "", "blocks": [card]})
    assert (said.words, said.has_unknown) == ("Trip\nto <Rome>\nby train", False)


@pytest.mark.parametrize("is_attached", [True, False])
def test_a_pasted_table_is_read_as_rows_of_markdown(*, is_attached: bool) -> None:
    cell = rich_text(section(text("Apples | "), text("red", bold=True)))
    cells = table(["Item", "Count"], [cell, {"type": "raw_number", "value": 3}], ["two\nlines"])
    message: Json = {"text": "<@U0BOT> sum?", "blocks": [rich_text(section(BOT, text(" sum?")))]}
    if is_attached:
        message["attachments"] = [pasted(cells)]
    else:
        message["blocks"].append(cells)
    assert read(message) == MessageContent(
        "sum?", "| Item | Count |\n| --- | --- |\n| Apples \\| red | 3 |\n| two lines |  |"
    )


def test_a_forwarded_message_is_read_below_its_author() -> None:
    said = read({"text": "", "attachments": [forwarded("Disk *full* &amp; hot")]})
    assert said == MessageContent("", "<@U0BOB|Bob Li>:\nDisk *full* & hot")


def test_a_forwarded_message_is_read_from_its_blocks_where_they_say_as_much() -> None:
    blocks = rich_text(section(text("Disk "), text("full", bold=True)))
    said = read({"text": "<@U0BOT> why?", "attachments": [forwarded("Disk *full*", blocks)]})
    assert said == MessageContent("why?", "<@U0BOB|Bob Li>:\nDisk full")
    said = read({"text": "", "attachments": [forwarded("", blocks)]})
    assert said == MessageContent("", "<@U0BOB|Bob Li>:\nDisk full")


def test_files_and_tables_of_a_forwarded_message_are_named_and_read() -> None:
    carried = forwarded("see", files=[{"id": "F1", "name": "plan.pdf"}])
    carried["message_blocks"] = [{"message": {"blocks": [rich_text(section(text("see")))]}}]
    carried["blocks"] = [table(["a", "b"])]
    said = read({"text": "", "attachments": [carried]})
    assert said.attached == ("<@U0BOB|Bob Li>:\nsee\n\n| a | b |\n| --- | --- |\n\n📎 plan.pdf")
    assert said.files == 1


@pytest.mark.parametrize("is_inner", [True, False])
def test_an_alert_is_read_when_it_is_forwarded(*, is_inner: bool) -> None:
    carried = forwarded("", author_id=None, author_name="Alertmanager")
    if is_inner:
        carried["message_blocks"] = [{"message": {"attachments": ALERT["attachments"]}}]
    else:
        carried["attachments"] = ALERT["attachments"]
    said = read({"text": "<@U0BOT> bad?", "attachments": [carried]})
    assert said.words == "bad?"
    assert said.attached.startswith("Alertmanager:\n[FIRING:1] HighCPU\n")


def test_what_a_forwarded_message_carries_stands_beside_its_words() -> None:
    carried = forwarded("a longer word of Bob's own", attachments=[{"text": "card"}])
    carried["message_blocks"] = [{"message": {"attachments": [{"text": "inner card"}]}}]
    said = read({"text": "", "attachments": [carried]})
    assert said.attached == "<@U0BOB|Bob Li>:\na longer word of Bob's own\n\ncard\n\ninner card"


def test_a_forwarded_message_that_mentions_the_bot_keeps_that_mention() -> None:
    said = read({"text": "<@U0BOT> and?", "attachments": [forwarded("<@U0BOT> do it")]})
    assert said == MessageContent("and?", "<@U0BOB|Bob Li>:\n<@U0BOT> do it")


def test_an_alert_is_read_from_its_attachment() -> None:
    assert read_quoted(ALERT).attached == (
        "[FIRING:1] HighCPU\n*Summary:* CPU above 90&percnt; on `db-1` 🔥\nSeverity: critical\n"
        "Runbook: cpu (https://runbooks.example/cpu)\nPrometheus"
    )


def test_an_alert_of_blocks_is_read_as_it_stands_there() -> None:
    assert read_quoted(ALERT_OF_BLOCKS) == MessageContent(
        "",
        "Deploy failed ❌\n\n`web` by <@U0BOB>\n*Env*\nproduction\nTook 3 < 5 min\n\n"
        "commit abc123 (https://git.example/c/1)\n\n[errors per minute]",
        files=1,
    )


@pytest.mark.parametrize(
    ("fallback", "read_as"), [("CPU &gt; 90", "CPU > 90"), ("[no preview available]", ""), ("", "")]
)
def test_the_fallback_is_read_where_there_is_nothing_else(fallback: str, read_as: str) -> None:
    attachment = {"id": 1, "color": "a30200", "fallback": fallback}
    assert read_quoted({"text": "", "attachments": [attachment]}).attached == read_as


def test_files_are_named_beside_words_and_counted_always() -> None:
    files = [{"id": "F1", "name": "a.pdf"}, {"id": "F2", "file_access": "check_file_info"}]
    assert read({"text": "<@U0BOT> sum up", "files": files}) == MessageContent(
        "sum up", "📎 a.pdf", 2, ("F2",)
    )
    assert read({"text": "<@U0BOT>", "files": files}) == MessageContent("", "", 2, ("F2",))
    assert read_quoted({"text": "", "files": files}) == MessageContent("", "📎 a.pdf", 2, ("F2",))


def test_the_images_among_the_files_are_told_by_their_ids() -> None:
    kinds = ["image/png", "image/svg+xml", "image/jpeg", "text/plain", "image/gif", "image/webp"]
    files: list[Any] = [{"id": f"F{n}", "mimetype": kind} for n, kind in enumerate(kinds)]
    odd = [{"id": "not an id", "mimetype": "image/png"}, {"mimetype": "image/png"}, "F9", None]
    message = {"text": "", "files": files + odd}
    assert read(message).images == ("F0", "F2", "F4", "F5")
    assert read({"text": "", "attachments": [forwarded("see", files=files)]}).images == (
        "F0", "F2", "F4", "F5",
    )  # fmt: skip


def test_only_the_first_images_of_many_are_told() -> None:
    files = [{"id": f"F{number}", "mimetype": "image/png"} for number in range(9)]
    said = read({"text": "", "files": files})
    assert (said.files, said.images) == (9, ("F0", "F1", "F2", "F3", "F4"))


def test_the_preview_of_a_link_is_no_doing_of_the_author() -> None:
    preview = {"id": 1, "from_url": "https://x.example", "title": "X", "text": "about x"}
    message = {"text": "<https://x.example>", "attachments": [preview, forwarded("kept")]}
    assert read(message).attached.startswith("X\nabout x")
    assert "about x" not in read(without_previews(message)).attached
    assert "kept" in read(without_previews(message)).attached


def test_messages_within_messages_are_read_to_some_depth_and_no_further() -> None:
    message: Json = {"text": "deepest"}
    for _ in range(40):
        message = {"text": "m", "attachments": [{"message_blocks": [{"message": message}]}]}
    assert read_quoted(message).attached.count("m") < 10


SOUND = {
    "text": "<@U0BOT> hi",
    "blocks": [rich_text(section(BOT, text("hi"))), table(["a", "b"]), *ALERT_OF_BLOCKS["blocks"]],
    "attachments": [forwarded("x", rich_text(section(text("x")))), pasted(table(["a"]))],
    "files": [{"name": "f"}],
}


@given(spoiled(SOUND) | spoiled(ALERT) | json_values.filter(lambda one: isinstance(one, dict)))
def test_no_shape_of_message_raises(message: Json) -> None:
    said = read(message)
    assert isinstance(said.words + said.attached, str)
    read_quoted(message)


@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=4))
def test_a_table_has_as_many_cells_in_each_row(rows: list[list[str]]) -> None:
    lines = read_quoted({"text": "", "blocks": [table(*([*row] for row in rows))]}).attached
    counts = {line.replace("\\|", "").count("|") for line in lines.splitlines()}
    assert len(counts) <= 1
