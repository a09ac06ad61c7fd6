"""Checks codes against required bindings (FHIR R4, section 4.1.5.1)."""

from typing import Any

from .definitions import Binding, Field
from .flaws import Flaw, shown_code


def _allowed(binding: Binding) -> str:
    codes = sorted(binding.codes)
    return ", ".join(codes[:24]) + (f", and {len(codes) - 24} more" if len(codes) > 24 else "")


def check_code(value: str, binding: Binding) -> None:
    """Refuses a primitive code that is not in the value set, or not of its form."""
    if binding.form is not None:
        if not binding.form.fullmatch(value):
            raise Flaw(f"{shown_code(value)} is not of the form that {binding.value_set} asks for")
    elif value not in binding.codes:
        raise Flaw(f"the code {shown_code(value)} is not allowed; allowed: {_allowed(binding)}")


def check_concept(value: dict[str, Any], one: Field) -> None:
    """A Coding, or a CodeableConcept at least one coding of which must be in the value set."""
    binding = one.binding
    if binding is None or binding.form is not None or one.type_name not in ("Coding", "CodeableConcept"):
        return
    codings = value.get("coding", []) if one.type_name == "CodeableConcept" else [value]
    if any(coding.get("code") in binding.systems.get(coding.get("system", ""), ()) for coding in codings):
        return
    if not codings and "extension" in value:
        return  # the data-absent-reason pattern
    found = ", ".join(shown_code(coding.get("code")) for coding in codings) or "none"
    systems = ", ".join(sorted(binding.systems))
    raise Flaw(f"no coding is from the required set (found: {found}); allowed: {_allowed(binding)} of {systems}")
