"""Settlement: the consortium's money on the ledger, and the claims that move it.

money         amounts: integer minor units inside, decimals where people and files have them
token         the settlement token: admission, issue, redemption, payment authorizations, conservation
claim         a claim as its parties know it, and what each policy makes of it
standing      where a claim stands on the ledger, and what comes next
evidence      which committed record proves which line
facts         a claim as the ledger tells it
claims        claims on the ledger: completion, receipts, reviews, reversals, debts
review        the insurer's desk, on which its engine stands
documents     a claim's FHIR resources, made from the ledger; fhir_* are the conversions, both ways,
              fhir_predetermination of an answer before treatment
obligations   who owes whom in a period, netted
instruction   the bank's file of it
payout        the payout port: tokens, or the bank and its confirmation
"""
