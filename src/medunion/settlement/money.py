"""Amounts of money: integers in minor units of a currency with two decimals (分/cent), never floats.

People and files write decimals ("12.50"): `parse` and `minor_units` take them exactly or not at all.
"""

import re
from decimal import Decimal

from medunion.errors import InputError

DECIMALS = 2
"""Digits of a minor unit, as `SettlementToken.decimals`."""

MAX_AMOUNT = 2**48 - 1
"""The largest amount of a contract, in minor units: uint48."""

_SCALE = 10**DECIMALS
_UNIT = Decimal(1) / _SCALE
_LARGEST = MAX_AMOUNT * _UNIT
_WRITTEN = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def parse(text: str, field: str = "amount") -> int:
    """Minor units of an amount as people write it: digits, with or without decimals after a point.

    InputError naming `field` for anything else (signs, exponents, separators), for a part of a minor unit, and for more
    than `MAX_AMOUNT`.
    """
    written = text.strip()
    if not _WRITTEN.fullmatch(written):
        raise InputError(f"{field} is no amount such as 12.50", field=field, value=text)
    return minor_units(Decimal(written), field)


def parse_payment(text: str, field: str = "amount") -> int:
    """`parse` for money that moves: InputError for nothing, too."""
    value = parse(text, field)
    if not value:
        raise InputError(f"{field} is nothing: an amount from 0.01 moves", field=field, value=text)
    return value


def minor_units(value: Decimal, field: str = "amount") -> int:
    """Minor units of an exact decimal; InputError as `parse`, and for a negative or no finite value."""
    if not value.is_finite() or value < 0:
        raise InputError(f"{field} is no amount of money", field=field, value=str(value))
    if value > _LARGEST:
        raise InputError(f"{field} is more than {_LARGEST}", field=field, value=str(value))
    found = value.quantize(_UNIT)
    if found != value:
        raise InputError(f"{field} has more than {DECIMALS} decimals", field=field, value=str(value))
    return int(found * _SCALE)


def show(amount: int, currency: str = "") -> str:
    """An amount in minor units: for people `1,240.00 CNY`, as files have it `1240.00`; with a sign below 0."""
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), _SCALE)
    return f"{sign}{whole:,}.{part:0{DECIMALS}d} {currency}" if currency else f"{sign}{whole}.{part:0{DECIMALS}d}"
