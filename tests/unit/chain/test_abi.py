import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from medunion.chain.abi import Abi, type_of
from medunion.chain.artifacts import artifact
from medunion.chain.contracts import CONTRACTS, Contracts, plain
from medunion.errors import ChainError, DeploymentError, UsageError

SCOPE = [{"name": "categories", "type": "uint16"}, {"name": "owner", "type": "address"}]
ENTRIES = [
    {"type": "constructor", "inputs": [{"name": "seats", "type": "tuple[]", "components": SCOPE}]},
    {
        "type": "function",
        "name": "setGrant",
        "inputs": [{"name": "patient", "type": "bytes32"}, {"name": "scope", "type": "tuple", "components": SCOPE}],
        "outputs": [],
    },
    {
        "type": "function",
        "name": "scopes",
        "inputs": [],
        "outputs": [{"name": "", "type": "tuple[]", "components": SCOPE}],
    },
    {
        "type": "function",
        "name": "pair",
        "inputs": [],
        "outputs": [{"name": "a", "type": "uint8"}, {"name": "b", "type": "bytes"}],
    },
    {
        "type": "event",
        "name": "GrantSet",
        "inputs": [
            {"name": "patient", "type": "bytes32", "indexed": True},
            {"name": "scope", "type": "tuple", "components": SCOPE, "indexed": False},
            {"name": "member", "type": "uint32", "indexed": True},
        ],
    },
    {"type": "error", "name": "Refused", "inputs": [{"name": "patient", "type": "bytes32"}]},
    {"type": "error", "name": "BadScope", "inputs": [{"name": "scope", "type": "tuple", "components": SCOPE}]},
    {"type": "error", "name": "Nothing", "inputs": []},
]
AT = "0x" + "11" * 20
OWNER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


@pytest.fixture
def abi() -> Abi:
    return Abi("Grants", ENTRIES)


@pytest.fixture
def contracts(abi: Abi) -> Contracts:
    return Contracts({"Grants": AT}, [abi])


class TestOverloads:
    def test_functions_that_share_a_name_are_found_by_signature_only(self) -> None:
        entries = [
            {"type": "function", "name": "cancel", "inputs": [{"name": "a", "type": kind}], "outputs": []}
            for kind in ("address", "bytes32")
        ]
        abi = Abi("Token", entries)
        for kind in ("address", "bytes32"):
            assert abi.function(f"cancel({kind})").selector == keccak(f"cancel({kind})".encode())[:4]
            assert abi.function(f"cancel({kind})").name == "cancel"
        with pytest.raises(UsageError, match="no function cancel"):
            abi.function("cancel")


class TestFunction:
    def test_selector_and_arguments(self, abi: Abi) -> None:
        data = abi.function("setGrant").call_data([b"\x01" * 32, (5, OWNER)])
        assert data[:4] == keccak(b"setGrant(bytes32,(uint16,address))")[:4]
        assert data[4:] == encode(["bytes32", "(uint16,address)"], [b"\x01" * 32, (5, OWNER)])

    def test_results_are_none_one_or_several(self, abi: Abi) -> None:
        assert abi.function("setGrant").result(b"") is None
        structs = encode(["(uint16,address)[]"], [[(5, OWNER.lower())]])
        assert abi.function("scopes").result(structs) == [{"categories": 5, "owner": OWNER}]
        assert abi.function("pair").result(encode(["uint8", "bytes"], [1, b"x"])) == (1, b"x")

    @pytest.mark.parametrize("arguments", [[b"short", (5,)], [b"\x01" * 32, (1 << 16, OWNER)], [b"\x01" * 32]])
    def test_values_that_do_not_fit_are_refused(self, abi: Abi, arguments: list[object]) -> None:
        with pytest.raises(UsageError, match="setGrant"):
            abi.function("setGrant").call_data(arguments)

    def test_an_answer_that_is_no_result_is_an_error(self, abi: Abi) -> None:
        with pytest.raises(ChainError):
            abi.function("pair").result(b"\x01")

    def test_unknown_names_are_refused(self, abi: Abi) -> None:
        with pytest.raises(UsageError):
            abi.function("nothing")
        with pytest.raises(UsageError):
            abi.event("nothing")

    def test_arrays_of_structs_have_a_canonical_type(self, abi: Abi) -> None:
        assert abi.constructor == ("(uint16,address)[]",)
        assert type_of({"type": "tuple[2][]", "components": SCOPE}) == "(uint16,address)[2][]"


class TestEvent:
    def log(self, abi: Abi, address: str = AT) -> dict[str, object]:
        topics = (abi.event("GrantSet").topic, b"\x01" * 32, (7).to_bytes(32, "big"))
        return {
            "address": address,
            "topics": ["0x" + topic.hex() for topic in topics],
            "data": "0x" + encode(["(uint16,address)"], [(5, OWNER)]).hex(),
            "blockNumber": "0x10",
            "logIndex": "0x2",
            "transactionHash": "0xaa",
        }

    def test_arguments_by_name(self, abi: Abi, contracts: Contracts) -> None:
        event = contracts.event(self.log(abi), 99)
        assert event is not None
        assert event.arguments == {"patient": b"\x01" * 32, "member": 7, "scope": {"categories": 5, "owner": OWNER}}
        assert (event.contract, event.name) == ("Grants", "GrantSet")
        assert (event.block, event.log_index, event.time) == (16, 2, 99)

    def test_those_of_other_contracts_are_none(self, abi: Abi, contracts: Contracts) -> None:
        assert contracts.event(self.log(abi, "0x" + "22" * 20)) is None
        assert contracts.event({**self.log(abi), "topics": ["0x" + "00" * 32]}) is None
        assert contracts.event({**self.log(abi), "topics": []}) is None

    def test_a_filter_fixes_what_is_given(self, abi: Abi) -> None:
        event = abi.event("GrantSet")
        assert event.topics({"member": 7}) == ["0x" + event.topic.hex(), None, "0x" + (7).to_bytes(32, "big").hex()]

    def test_a_filter_takes_any_of_a_list(self, abi: Abi) -> None:
        event = abi.event("GrantSet")
        wanted = ["0x" + each.to_bytes(32, "big").hex() for each in (7, 9)]
        assert event.topics({"member": [7, 9]}) == ["0x" + event.topic.hex(), None, wanted]


class TestRefusal:
    def error(self, signature: str, types: list[str], values: list[object]) -> bytes:
        return keccak(signature.encode())[:4] + encode(types, values)

    def test_a_custom_error_by_name(self, contracts: Contracts) -> None:
        data = self.error("Refused(bytes32)", ["bytes32"], [b"\x01" * 32])
        assert contracts.refusal(data, "call").details == {"error": "Refused", "patient": "0x" + "01" * 32}

    def test_its_struct_is_plain(self, contracts: Contracts) -> None:
        data = self.error("BadScope((uint16,address))", ["(uint16,address)"], [(5, OWNER)])
        assert contracts.refusal(data, "call").details["scope"] == {"categories": 5, "owner": OWNER}

    @pytest.mark.parametrize(
        ("data", "error", "reason"),
        [
            (keccak(b"Error(string)")[:4] + encode(["string"], ["no"]), "Error", "no"),
            (keccak(b"Panic(uint256)")[:4] + encode(["uint256"], [0x11]), "Panic", "arithmetic overflow"),
            (keccak(b"Panic(uint256)")[:4] + encode(["uint256"], [0x99]), "Panic", "0x99"),
            (keccak(b"Nothing()")[:4], "Nothing", None),
            (bytes.fromhex("01020304"), "Unknown", None),
            (keccak(b"Refused(bytes32)")[:4] + b"\x01", "Unreadable", None),
            (b"", "Unexplained", None),
        ],
    )
    def test_every_other_kind(self, contracts: Contracts, data: bytes, error: str, reason: str | None) -> None:
        refusal = contracts.refusal(data, "call", transaction="0xaa")
        assert (refusal.details["error"], refusal.details.get("reason")) == (error, reason)
        assert refusal.details["transaction"] == "0xaa"


class TestArtifacts:
    def test_every_contract_is_shipped_and_small_enough(self) -> None:
        for name in (*CONTRACTS, "Deployer"):
            assert artifact(name).name == name
            assert artifact(name).bytecode

    def test_a_missing_one_is_named(self) -> None:
        with pytest.raises(DeploymentError) as missing:
            artifact("Nothing")
        assert missing.value.details == {"contract": "Nothing"}

    def test_errors_of_libraries_are_known(self) -> None:
        contracts = Contracts({})
        data = keccak(b"Signatures_Expired(uint40)")[:4] + encode(["uint40"], [5])
        assert contracts.refusal(data, "call").details == {"error": "Signatures_Expired", "deadline": 5}


class TestPlain:
    def test_bytes_become_hex_at_any_depth(self) -> None:
        assert plain({"a": [b"\x01", (b"\x02", 3)]}) == {"a": ["0x01", ["0x02", 3]]}
