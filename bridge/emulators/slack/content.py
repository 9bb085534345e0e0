"""What an app wants to say in one call: text, markdown_text or blocks, and metadata."""

import json
from dataclasses import dataclass
from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.blocks import MARKDOWN_CHARS_MAX, check_message_blocks
from bridge.emulators.slack.refusals import refuse_unless

Json = dict[str, Any]

UPDATE_TEXT_MAX = 4_000
_KEPT_TEXT_MAX = 40_000
_METADATA_BYTES_MAX = 8_000  # [assumption] Slack names the error but not the size


@dataclass(frozen=True, slots=True)
class Content:
    """Checked content; None means: not given, leave as it is."""

    text: str | None
    blocks: list[Json] | None
    metadata: Json | None
    warns: bool = False  # the text was cut

    def warnings(self) -> Json:
        if not self.warns:
            return {}
        warnings = ["message_truncated"]
        return {"warning": warnings[0], "response_metadata": {"warnings": warnings}}


def read_content(args: Arguments, *, text_max: int | None) -> Content:
    """Content of a post or update; attachments are not modelled.

    Without `text_max` a text longer than Slack keeps is cut, with a warning. `markdown_text` is
    kept as what it becomes: one markdown block, with itself as text.

    Raises:
        RefusedError: `markdown_text_conflict`, `msg_too_long`, `no_text`, those of the blocks and
            of the metadata.
    """
    text, markdown, blocks = args.text("text"), args.text("markdown_text"), args.get("blocks")
    if markdown is not None:
        refuse_unless(text is None and not blocks, "markdown_text_conflict")
        refuse_unless(len(markdown) <= MARKDOWN_CHARS_MAX, "msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    else:
        refuse_unless(text_max is None or len(text or "") <= text_max, "msg_too_long")
    if blocks is not None and blocks != "":
        check_message_blocks(blocks)
    refuse_unless(text or blocks, "no_text")
    cut = text[:_KEPT_TEXT_MAX] if text else text
    return Content(cut, blocks or None, read_metadata(args), warns=cut != text)


def read_metadata(args: Arguments) -> Json | None:
    """The metadata as sent; `{}` asks for removal, None leaves what is there."""
    metadata = args.get("metadata")
    if metadata is None or metadata == {}:
        return metadata
    refuse_unless(isinstance(metadata, dict), "invalid_metadata_format")
    is_whole = isinstance(metadata.get("event_type"), str) and metadata["event_type"]
    has_payload = isinstance(metadata.get("event_payload"), dict)
    refuse_unless(is_whole and has_payload, "invalid_metadata_schema")
    refuse_unless(len(json.dumps(metadata)) <= _METADATA_BYTES_MAX, "metadata_too_large")
    return dict(metadata)
