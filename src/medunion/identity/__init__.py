"""Patients: wallets that hold their keys, and their registration on the ledger.

    wallet         wallet files
    configuration  key trustees, recovery contacts, representatives, and their digests
    patients       registration, takeover, rotation, configuration
    codes          short-lived codes for a member's desk
"""
