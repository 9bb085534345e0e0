"""Makes a question whole before the bot is asked: images, names, and what was said before."""

from dataclasses import KW_ONLY, dataclass, replace

from bridge.core.model import Ask, Kind
from bridge.core.ports import History, Images, Names
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.core.utterance import Utterance, compose, with_before


@dataclass(frozen=True, slots=True)
class Preparing:
    """Makes questions whole. A replica that takes over prepares the same. `max_utterance` is in
    characters. Without `images` the bot is shown none. Without `history` it does not read what was
    said in a thread before its first question there.
    """

    names: Names
    translator: Translator
    _: KW_ONLY
    max_utterance: int
    images: Images | None = None
    history: History | None = None

    @property
    def shows_images(self) -> bool:
        return self.images is not None

    async def prepare(self, turn: Turn) -> None:
        if self.images and turn.ask.kind is Kind.ASK and not turn.record.answer:
            ask = await self.images.complete(turn.ask)
            turn.complete(ask, await self.images.readable(ask))
        before = await self.history.before(turn.ask) if self.history and _is_first(turn) else ""
        await self.resolve_names(turn, before)

    async def resolve_names(self, turn: Turn, before: str = "") -> None:
        """Put names into the question, as people read it and as the bot is asked. `before` is what
        was said before it, the newest line first.
        """
        ask = turn.delivery.ask
        utterance = compose(await self.names.for_bot(ask), self.max_utterance)
        if turn.images and not utterance.text:
            translation = await self.translator.for_ask(ask)
            utterance = Utterance(translation.text("look_at_image"))
        if utterance.text and before:
            utterance = await self._with_before(utterance, ask, before)
        asker = await self.names.of_asker(ask)
        turn.resolve_names(await self.names.for_people(ask), utterance, asker)

    async def _with_before(self, utterance: Utterance, ask: Ask, before: str) -> Utterance:
        named = await self.names.for_bot(replace(ask, text=before, attached=""))
        heading = (await self.translator.for_ask(ask)).text("said_before")
        return with_before(utterance, heading, named.text, self.max_utterance)


def _is_first(turn: Turn) -> bool:
    """Whether the question is the bot's first one in a thread that others began. If this turn was
    asked before, it is not: the bot must be asked the same again.
    """
    ask = turn.ask
    was_asked = turn.delivery.session or turn.record.session or turn.record.asks
    is_mention = ask.kind is Kind.ASK and ask.is_addressed and not (ask.is_dm or ask.is_quoted)
    return is_mention and not was_asked and ask.ts != ask.thread.root
