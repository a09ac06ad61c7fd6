"""The worked example as docs/formats.md shows it: a table for each part, long values shortened and hashed."""

import hashlib
from typing import Any

BEGIN, END = "<!-- begin: tools/format_example.py -->\n", "<!-- end: tools/format_example.py -->\n"
_LONGEST = 90


def tables(vector: dict[str, Any]) -> str:
    """The example as the page shows it: a table for each part, long values shortened and hashed."""
    parts = []
    for name, values in vector.items():
        for number, each in enumerate(values if isinstance(values, list) else [values]):
            title = f"{name}[{number}]" if isinstance(values, list) else name
            parts.append(f"| `{title}` | bytes | value |\n|---|---|---|\n")
            parts += [_row(label, value) for label, value in each.items()]
            parts.append("\n")
    return "".join(parts)


def _row(label: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_row(f"{label}[{number}]", each) for number, each in enumerate(value))
    if isinstance(value, str) and value.startswith("0x"):
        data, shown = bytes.fromhex(value[2:]), f"`{value}`"
    elif isinstance(value, str):
        data, shown = value.encode(), f"`{value}`"
    else:
        return f"| {label} | | {value} |\n"
    if len(data) > _LONGEST and not label.startswith("type"):
        start = f"0x{data[:8].hex()}" if shown.startswith("`0x") else data[:24].decode()
        shown = f"`{start}…`, SHA-256 `{hashlib.sha256(data).hexdigest()}`"
    return f"| {label} | {len(data)} | {shown} |\n"


def page(before: str, vector: dict[str, Any]) -> str:
    """The page with its tables as they are now."""
    head, rest = before.split(BEGIN)
    return head + BEGIN + "\n" + tables(vector) + END + rest.split(END)[1]
