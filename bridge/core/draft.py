"""The growing answer: takes frames, gives what may be shown now, and the whole at the end."""

from dataclasses import replace

from bridge.core.frames import Frame
from bridge.core.markdown import close_open
from bridge.core.model import Answer


class Draft:
    """The newest frame with a text wins; an empty frame never blanks what was there before.

    `before` is what people saw of an earlier asking, which stands as long as nothing else has come.
    `is_converted`: a frame was made from HTML, so the text may yet change where it stood already.
    """

    def __init__(self, before: str = "") -> None:
        self._before = close_open(before)
        self._answer = Answer("")
        self.is_converted = False

    @property
    def markdown(self) -> str:
        return self._answer.markdown or self._before

    @property
    def is_empty(self) -> bool:
        """Nothing has come of this asking."""
        return self._answer == Answer("", answer_id=self._answer.answer_id)

    def take(self, frame: Frame) -> None:
        before = self._answer
        self.is_converted |= frame.is_converted
        self._answer = Answer(
            markdown=(frame.markdown or "").strip() or before.markdown,
            sources=frame.sources or before.sources,
            options=frame.options or before.options,
            related=frame.related or before.related,
            handover=frame.handover or before.handover,
            answer_id=frame.answer_id or before.answer_id,
            is_no_answer=frame.is_no_answer or before.is_no_answer,
        )

    def visible(self) -> str:
        """What a reader may see while more is to come: closed Markdown."""
        return close_open(self.markdown)

    def answer(self, *notices: str) -> Answer:
        return replace(self._answer, markdown=self.markdown, notices=notices)

    def broken_off(self, *notices: str, seen: str | None = None) -> Answer:
        """What people have `seen` of it, as closed Markdown; else what there is of it, if that is
        more than there was before.
        """
        markdown = max(self.markdown, self._before, key=len) if seen is None else seen
        return replace(self._answer, markdown=close_open(markdown), notices=notices)
