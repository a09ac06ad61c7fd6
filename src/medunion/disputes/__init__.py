"""Disputes about claims, decided by a panel of persons.

ruling    what a panel decides, and what parties agree to
dispute   a dispute as the ledger shows it, its parties, its panel, and what waits for whom
service   disputes on the ledger: open, draw, strike, rule, settle, lapse
exhibits  what parties put before a panel
arbiters  who may be drawn: the council appoints and removes
"""
