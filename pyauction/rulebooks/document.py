"""A rule file as it is written: TOML, and the line of each key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import RulebookError
from ..told import chinese_name

if TYPE_CHECKING:
    from ..explanations import Language

_SECTION = re.compile(
    r"""\s*\[\[?\s*(["']?[A-Za-z0-9_-]+["']?(?:\s*\.\s*["']?[A-Za-z0-9_-]+["']?)*)\s*\]\]?\s*(?:#.*)?$"""
)
_QUOTES = re.compile(r"""["'\s]""")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?(?:\s*\.\s*["']?[A-Za-z0-9_-]+["']?)*\s*=""")
_TWICE = ("Cannot overwrite a value",)
_NOT_TOML = (
    (_TWICE[0], "同一键写了两次"),
    ("Cannot declare", "同一小节写了两次"),
    ("Duplicate inline table key", "内联表中同一键写了两次"),
    ("Expected '=' after a key", "键之后应为等号"),
    ("Expected newline or end of document", "一行只能写一项"),
    ("Expected ']", "小节名之后应为右方括号"),
    ("Illegal character", "含有不可使用的字符"),
    ("Invalid date or datetime", "无效的日期或时间"),
    ("Invalid initial character for a key part", "键名的首字符无效"),
    ("Invalid statement", "无法识别的语句"),
    ("Invalid value", "无法识别的值"),
    ("Unclosed array", "数组没有结束"),
    ("Unclosed inline table", "内联表没有结束"),
    ("Unescaped", "文本中的反斜杠没有转义"),
    ("Unterminated string", "文本没有结束"),
)
"""What Python's reader of TOML says, by its beginning, in Chinese."""
_AT = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a rule file: the line, the key, and what was expected and what came, in both languages."""

    line: int | None
    key: str
    en: str
    zh: str

    def message(self, lang: Language = "en") -> str:
        """Return the problem in one language, with its line and its key."""
        where = "" if self.line is None else f"第 {self.line} 行：" if lang == "zh-CN" else f"line {self.line}: "
        colon = "：" if lang == "zh-CN" else ": "
        key = f"{chinese_name(self.key) if lang == 'zh-CN' else self.key}{colon}" if self.key else ""
        return f"{where}{key}{self.zh if lang == 'zh-CN' else self.en}"


class Document(msgspec.Struct, frozen=True):
    """The content of a rule file, its bytes and where each key stands."""

    name: str
    raw: bytes
    content: dict[str, Any]
    lines: dict[str, int]

    def line(self, *path: str) -> int | None:
        """Return the line of a key, or of the nearest section around it."""
        while path:
            if (line := self.lines.get(".".join(path))) is not None:
                return line
            path = path[:-1]
        return None


def read_document(path: Path) -> Document:
    """Read a rule file. Raises `RulebookError` for what is no UTF-8 or no TOML, with its line; `OSError` for no file."""
    raw = path.read_bytes()
    try:
        text = raw.decode()
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RulebookError(str(path), (Problem(line, "", "expected UTF-8", "应为 UTF-8 编码"),)) from error
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = int(at.group(1)) if at and at.group(1) else raw.count(b"\n")
        said = _AT.sub("", str(error)).strip()
        chinese = next((words for begin, words in _NOT_TOML if said.startswith(begin)), said)
        twice = _KEY.match(text.split("\n")[line - 1]) if said in _TWICE and 0 < line <= text.count("\n") + 1 else None
        key = twice.group(1) if twice else ""
        raise RulebookError(
            str(path), (Problem(line, key, f"not TOML: {said}", f"不是有效的 TOML：{chinese}"),)
        ) from error
    except (RecursionError, ValueError) as error:
        # Lists in lists without end, and numbers of thousands of digits.
        words = f"not TOML that can be read: {error}", "不是可读的 TOML：嵌套过深或数字过长"
        raise RulebookError(str(path), (Problem(None, "", *words),)) from error
    return Document(path.name, raw, content, _lines(text))


def _lines(text: str) -> dict[str, int]:
    """Return the line of every section and of every key in one; of a key that is given twice TOML has complained."""
    lines: dict[str, int] = {}
    section = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if found := _SECTION.match(line):
            section = _QUOTES.sub("", found.group(1))
            if line.lstrip().startswith("[["):
                counts[section] = counts.get(section, -1) + 1
                lines.setdefault(section, number)
                section = f"{section}.{counts[section]}"
            lines.setdefault(section, number)
        elif found := _KEY.match(line):
            lines.setdefault(f"{section}.{found.group(1)}" if section else found.group(1), number)
    return lines
