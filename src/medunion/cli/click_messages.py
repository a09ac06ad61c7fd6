"""click's own words (usage, missing arguments, help headings) in the user's language.

click asks gettext for them, whose catalogues are compiled files; here they come from the one catalogue, by their
English text. What the catalogue lacks stays English.
"""

from importlib import import_module

from medunion.locale import active, catalogue

_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def install() -> None:
    """Replaces click's gettext functions by the catalogue's, for as long as the language is not English."""
    if active() == "en":
        return
    spoken = {english: catalogue(active())[key] for key, english in catalogue("en").items() if key.startswith("click.")}

    def one(message: str) -> str:
        return message if active() == "en" else spoken.get(message, message)

    def many(singular: str, plural: str, count: int) -> str:
        return one(singular if count == 1 else plural)

    for name in _MODULES:
        module = import_module(f"click.{name}")
        for function, replacement in (("_", one), ("ngettext", many)):
            if hasattr(module, function):
                setattr(module, function, replacement)
