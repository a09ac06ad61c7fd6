"""An insurer's engine: answers predeterminations and reviews claims by itself, by rules that everybody can read.

reasons          reason codes: of FHIR's adjudication terms, and MedUnion's own beside the nearest of them
published        the published rules: bit, name, reason
granted          the records that the insurer was granted, as the rules look at them
facts            what a review knows of a claim; findings
evidence_rules   rules over the evidence of each line
limit_rules      rules over the catalogue's limits, earlier claims and records
answers          signed answers, and the sealed file that keeps them
history          items behind digests, decisions, earlier uses: an index of the answers
ports            what the engine asks of the rest: policies, filed claims, evidence
ledger           the insurer's policies on the ledger
claim_request    a FHIR Claim with use = predetermination, read
predetermination how a policy takes a treatment, signed
review           the runner that decides filed claims
"""
