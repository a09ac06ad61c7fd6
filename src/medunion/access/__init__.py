"""Who may read what.

grants     the patient's lanes: set, revoke, check
emergency  break-the-glass: open, approve, review
"""
