"""How each variable is to be set: the text under its field.

It is read from the source when somebody is told. Pydantic would read it too
(`use_attribute_docstrings`), but at each start, in a fifth of the time of all imports.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from bridge.settings import Settings
from bridge.settings.values import Group


@cache
def find_advice() -> dict[str, str]:
    """By field. What each says finishes the sentence "set it to ..."."""
    groups = [base for base in Settings.__bases__ if issubclass(base, Group)]
    return {name: advice for group in groups for name, advice in _texts(group)}


def _texts(group: type[Group]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(inspect.getsource(group)).body
    for statement, below in pairwise(ast.iter_child_nodes(definition)):
        match statement, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, " ".join(text.split())
