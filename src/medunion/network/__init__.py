"""A whole network in one folder: what the command line, the demo, scripts and tests stand on.

    home         the folder and what lies where
    blobs        in which store its blobs are
    passphrases  asked once, tried on what is opened next
    funds        gas for members' accounts
    member       a member whose folder is here: accounts, keys, records
    admission    folder, council's decision, operators
    desk         what patients sign and a member relays
    recovery     the same for recovery contacts, recoveries and links
    agreements   offers, and what patients agree to (recurring care: care_plans)
    insurers     what an insurer keeps here, and how it answers offers
    claims       claims between a provider's desk, a patient's wallet, an insurer's desk and the bank
    network      all of it, opened
"""

from medunion.network.desk import Desk
from medunion.network.home import Home
from medunion.network.member import MemberHandle
from medunion.network.network import Network
from medunion.network.passphrases import Passphrases

__all__ = ["Desk", "Home", "MemberHandle", "Network", "Passphrases"]
