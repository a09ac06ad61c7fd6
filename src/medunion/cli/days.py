"""A day as commands take it, YYYY-MM-DD; on the ledger it is counted from 1900-01-01."""

from typing import Any

import click

from medunion.locale import translate as t


class DayType(click.ParamType):
    """A day, as the ledger's number."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of days since 1900-01-01."""
        from medunion.care.fhir_parts import day_of
        from medunion.errors import FhirError

        if isinstance(value, int):
            return value
        try:
            return day_of(value, "day")
        except FhirError:
            self.fail(t("cli.bad_day", value=value), param, ctx)


DAY = DayType()
