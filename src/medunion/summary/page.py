"""A document as HTML: one file that asks for nothing else, runs nothing, and shows records' texts as text only.

Everything that is put in is cleaned (`elements.clean`) and escaped; only the charts, which `charts` escapes itself, are
markup. The policy in the page's head allows its own style sheet, by its hash, and nothing more (CSP level 3).
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from .document import Document
from .elements import clean
from .words import Words


def render(document: Document, links: Sequence[tuple[str, str]] = ()) -> str:
    """The page; `links` are words and addresses of files beside it."""
    return render_page(__package__, "page.html.j2", document.language, document=document, links=links)


def render_page(package: str, name: str, language: str, **values: Any) -> str:
    """A template of a package with the style sheet of all pages, and a language's words; its values are text."""
    style, digest = _style()
    template = _environment(package, name).get_template(name)
    return template.render(**values, words=Words(language), style=style, digest=digest)


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else clean(value)


@cache
def _environment(package: str, name: str) -> Environment:
    template = (files(package) / name).read_text(encoding="utf-8")
    return Environment(
        loader=DictLoader({name: template}),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet and its hash as a policy names it."""
    text = (files(__package__) / "page.css").read_text(encoding="utf-8")
    # Our own file.
    return Markup(text), "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()  # noqa: S704
