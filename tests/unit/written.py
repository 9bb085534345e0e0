"""What Slack gets of what Beebot says."""

from bridge.markup.growing import read
from bridge.markup.tree import Blocks
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import PAGE_LIMIT, paginate, text_from


def blocks_of(source: str) -> Blocks:
    return read(source)


def markdown(source: str) -> str:
    """All of it in one, however long."""
    return text_from(MarkdownWriter().write(read(source)))


def pages(source: str, limit: int = PAGE_LIMIT) -> list[str]:
    return [page.text for page in paginate(MarkdownWriter().write(read(source)), limit=limit)]


def mrkdwn(source: str) -> str:
    return write_mrkdwn(MarkdownWriter().write(read(source)))
