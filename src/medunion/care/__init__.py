"""Care: the right to write, and what a patient agrees to.

episodes   check-in and check-out (FHIR R4 EpisodeOfCare)
terms      terms, lines and covers of an agreement, and their digests
documents  what a patient signs: a FHIR resource, and the salted digest that the ledger shows
templates  what a provider fills in once for an offer
"""
