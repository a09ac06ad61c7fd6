// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev One line of a treatment: the salted digest of its item, its price in minor units, the category of its evidence.
struct Line {
    bytes32 itemDigest;
    uint48 billed;
    uint8 category;
}

/// @dev How one policy takes one line: class by the plan's index, and the allowed amount. Kept line by line:
/// index `line * policies + policy`.
struct Cover {
    uint8 class;
    uint48 allowed;
}

/// @dev The part of the covered amounts up to `upTo` is paid at `payBps`; `type(uint48).max` is the open last band.
struct Band {
    uint48 upTo;
    uint16 payBps;
}

/// @dev Terms of a plan in minor units; `type(uint48).max` is none for the out-of-pocket maximum and the case rate.
struct Benefit {
    uint48 deductible;
    uint48 annualLimit;
    uint48 outOfPocketMax;
    uint48 caseRate;
}

/// @dev What a (policy, period) has used.
struct Accumulators {
    uint48 deductibleUsed;
    uint48 coveredUsed;
    uint48 outOfPocketUsed;
    uint48 paid;
}

/// @dev What one claim added to each accumulator; a reversal takes it back.
struct Share {
    uint48 deductible;
    uint48 covered;
    uint48 outOfPocket;
    uint48 paid;
}
