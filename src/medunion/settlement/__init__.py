"""Settlement: the consortium's money on the ledger.

money  amounts: integer minor units inside, decimals where people and files have them
token  the settlement token: admission, issue, redemption, payment authorizations, conservation
"""
