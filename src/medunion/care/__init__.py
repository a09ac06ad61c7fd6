"""Care: the right to write, and what a patient agrees to.

episodes   check-in and check-out (FHIR R4 EpisodeOfCare)
terms      terms, lines and covers of an agreement, and their digests
documents  what a patient signs: a FHIR resource, and the salted digest that the ledger shows
templates  what a provider fills in once for an offer
items      what stands behind an agreement's lines, and its salted digests
disclosure what a patient is told before agreeing: a FHIR document (texts: narrative; elements: fhir_parts)
page       the same in plain words, with who pays what
predetermination  the port to the insurers' answers
offers     an agreement as the ledger shows it, and where it stands at a moment
agreements agreements on the ledger: offer, accept, and every way out
preview    what the policies of an agreement would pay now
acceptance what a wallet checks before it signs, and what it signs
fhir_contract, fhir_consent  agreements as FHIR R4 Contract and Consent, both ways
plans      recurring care on the ledger, and when its visits fall due (days: schedule)
plan_document  what a patient agrees to as a plan: a FHIR CarePlan (its visits: plan_activities)
"""
