"""A patient's record as a page for people: one self-contained HTML file, in either language.

elements   reading FHIR JSON that may be odd: numbers as written, elements or nothing
dates      partial dates and times, to show and to order
values     FHIR data types as text
words      a language's words, and the names of FHIR's codes
document   what a page consists of: sections, tables, charts
items      the records that a page is made from, and what they refer to
results    observations by code, with their latest value and trend
charts     trends as SVG
prose      the texts inside documents
clinical, care, person  the sections
build      records -> document
page       document -> HTML
"""

from .build import build
from .document import Document
from .items import Item, Scope
from .page import render

__all__ = ["Document", "Item", "Scope", "build", "render"]
