"""Patients: wallets that hold their keys, and their registration on the ledger.

wallet         wallet files
configuration  key trustees, recovery contacts, representatives, and their digests
patients       registration, takeover, rotation, configuration, links
contacts       what recovery contacts keep, sealed to them
approvals      what they are asked to sign, and answer
recovery       recoveries and freezes on the ledger
codes          short-lived codes for a member's desk
"""
