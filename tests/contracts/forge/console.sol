// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Lines in forge's output (`-vv`). Source: Foundry book, "Console logging".
library console {
    address private constant _CONSOLE = 0x000000000000000000636F6e736F6c652e6c6f67;

    function log(string memory text) internal view {
        _send(abi.encodeWithSignature("log(string)", text));
    }

    function log(string memory text, uint256 value) internal view {
        _send(abi.encodeWithSignature("log(string,uint256)", text, value));
    }

    function log(string memory text, address value) internal view {
        _send(abi.encodeWithSignature("log(string,address)", text, value));
    }

    function log(string memory text, bool value) internal view {
        _send(abi.encodeWithSignature("log(string,bool)", text, value));
    }

    function log(string memory text, string memory value) internal view {
        _send(abi.encodeWithSignature("log(string,string)", text, value));
    }

    function log(string memory text, uint256 first, uint256 second) internal view {
        _send(abi.encodeWithSignature("log(string,uint256,uint256)", text, first, second));
    }

    function log(string memory text, uint256 first, uint256 second, uint256 third) internal view {
        _send(abi.encodeWithSignature("log(string,uint256,uint256,uint256)", text, first, second, third));
    }

    function _send(bytes memory line) private view {
        (bool sent,) = _CONSOLE.staticcall(line);
        sent; // logging never fails a test
    }
}
