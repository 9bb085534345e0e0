"""The growing answer: takes frames, gives what may be shown now, and the whole at the end."""

from dataclasses import replace

from bridge.core.model import Answer, Frame


class Draft:
    """The newest frame with a text wins; an empty frame never blanks what was there before.

    `before` is what people saw of an earlier asking, which stands as long as nothing else has come.
    """

    def __init__(self, before: str = "") -> None:
        self._before = before
        self._answer = Answer("")

    @property
    def markdown(self) -> str:
        return self._answer.markdown or self._before

    @property
    def is_empty(self) -> bool:
        """Nothing has come of this asking."""
        return self._answer == Answer("", answer_id=self._answer.answer_id)

    def take(self, frame: Frame) -> None:
        before = self._answer
        self._answer = Answer(
            markdown=(frame.markdown or "").strip() or before.markdown,
            sources=frame.sources or before.sources,
            options=frame.options or before.options,
            related=frame.related or before.related,
            handover=frame.handover or before.handover,
            answer_id=frame.answer_id or before.answer_id,
            is_no_answer=frame.is_no_answer or before.is_no_answer,
        )

    def answer(self, *notices: str) -> Answer:
        return replace(self._answer, markdown=self.markdown, notices=notices)

    def broken_off(self, *notices: str, seen: str | None = None) -> Answer:
        """What people have `seen` of it; else what there is of it, if that is more than there was
        before.
        """
        markdown = max(self.markdown, self._before, key=len) if seen is None else seen
        return replace(self._answer, markdown=markdown, notices=notices, is_cut=True)
