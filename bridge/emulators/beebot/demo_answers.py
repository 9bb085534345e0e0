"""What the robot says when no script tells it to: demo answers, the same for the same question."""

import math
import re
from collections.abc import Callable

from bridge.emulators.beebot import demo_texts
from bridge.emulators.beebot.demo_texts import Language
from bridge.emulators.beebot.faults import Fault
from bridge.emulators.beebot.images import addresses_in
from bridge.emulators.beebot.recording import recorded
from bridge.emulators.beebot.scripts import (
    Script,
    clarify,
    handover,
    related,
    typed,
    with_sources,
)
from bridge.emulators.beebot.values import Question

FRAMES = 25
LONG = 13_000
"""Characters of a long answer: more than one Slack message holds."""

_RECORDED = ("你有什么技能?", "你有什么技能？")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SLOW_BY = 50

Builder = Callable[[str, Language, float], Script]


def demo_answer(question: Question, delay_s: float) -> Script:
    """The recorded answer to the recorded question; else by a word in it; else a general one.

    Generated answers come in about 25 frames, `delay_s` apart.
    """
    if question.utterance.strip() in _RECORDED:
        return recorded(delay_s)
    language = demo_texts.CHINESE if _CHINESE.search(question.utterance) else demo_texts.ENGLISH
    first, end, more = question.utterance.partition("\n")
    asked = f"**{first}**{end}{more}"
    opening = language.opening.format(question=asked, turn=question.turn)
    if pictures := addresses_in(question.value):
        opening += "\n\n" + language.pictures.format(count=len(pictures))
    return _builder(question.utterance)(opening, language, delay_s)


def _builder(utterance: str) -> Builder:
    words = set(re.findall(r"[a-z]+", utterance.lower()))
    for names, builder in _BUILDERS.items():
        if any(name in words or (not name.isascii() and name in utterance) for name in names):
            return builder
    return _general


def _grown(text: str, delay_s: float) -> Script:
    return typed(text, step_of(text), delay_s)


def step_of(text: str) -> int:
    return max(1, math.ceil(len(text) / FRAMES))


def _general(opening: str, language: Language, delay_s: float) -> Script:
    return _grown(f"{opening}\n\n{language.general}", delay_s)


def _long(opening: str, language: Language, delay_s: float) -> Script:
    count = math.ceil(LONG / len(language.general))
    sections = (f"## {language.section} {n}\n\n{language.general}" for n in range(1, count + 1))
    return _grown("\n\n".join((opening, *sections)), delay_s)


def _table(opening: str, language: Language, delay_s: float) -> Script:
    return _grown(f"{opening}\n\n{language.table}", delay_s)


def _list(opening: str, language: Language, delay_s: float) -> Script:
    return _grown(f"{opening}\n\n{language.list}", delay_s)


def _code(opening: str, language: Language, delay_s: float) -> Script:
    return _grown(f"{opening}\n\n{language.code}", delay_s)


def _sources(opening: str, language: Language, delay_s: float) -> Script:
    text = f"{opening}\n\n{language.general}"
    return with_sources(text, language.sources, step_of(text), delay_s=delay_s)


def _related(opening: str, language: Language, delay_s: float) -> Script:
    text = f"{opening}\n\n{language.general}"
    return related(text, language.questions, step_of(text), delay_s=delay_s)


def _clarify(_opening: str, language: Language, delay_s: float) -> Script:
    return clarify(language.which, language.options).at_pace(delay_s)


def _human(_opening: str, language: Language, delay_s: float) -> Script:
    return handover(language.transfer).at_pace(delay_s)


def _error(opening: str, language: Language, delay_s: float) -> Script:
    fault = Fault.refused("SystemError", "the model is not available")
    return _general(opening, language, delay_s).under(fault)


def _slow(opening: str, language: Language, delay_s: float) -> Script:
    fault = Fault.slow_start(delay_s * _SLOW_BY)
    return _general(opening, language, delay_s).under(fault)


_BUILDERS: dict[tuple[str, ...], Builder] = {
    ("error", "错误", "出错"): _error,
    ("slow", "慢"): _slow,
    ("human", "人工"): _human,
    ("clarify", "澄清"): _clarify,
    ("table", "表格"): _table,
    ("list", "列表"): _list,
    ("code", "代码"): _code,
    ("sources", "source", "来源", "出处"): _sources,
    ("related", "相关"): _related,
    ("long", "长", "详细"): _long,
}
