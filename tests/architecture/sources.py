"""What the architecture tests look at: the modules of the program and the files of the project."""

import ast
import gc
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def code_lines(self, function: Function) -> int:
        """From `def` to the end, without docstring, comments and empty lines."""
        begin, end = function.lineno, function.end_lineno or function.lineno
        numbers = set(range(begin, end + 1))
        if ast.get_docstring(function) is not None:
            docstring = function.body[0]
            numbers -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
        lines = self.text.splitlines()
        return sum(_is_code(lines[number - 1]) for number in numbers)


def parse(source: str) -> ast.Module:
    """Without a collection meanwhile: what that finalizes may parse, too, as a printed traceback
    does, and CPython 3.11 then raises `SystemError` for a depth that it has miscounted.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if was_enabled:
            gc.enable()


@cache
def modules(*folders: str) -> list[Module]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return [Module(path, text, parse(text)) for path, text in zip(paths, texts, strict=True)]


def committed_files() -> list[Path]:
    """What git has; where there is no git, everything outside hidden folders."""
    try:
        command = ["git", "-C", str(ROOT), "ls-files", "-z"]
        said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        files = [ROOT / name for name in said.split("\0") if name]
    except (FileNotFoundError, subprocess.CalledProcessError):
        files = [path for path in ROOT.rglob("*") if not _is_hidden(path.relative_to(ROOT))]
    return [path for path in files if path.is_file()]


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts[:-1])
