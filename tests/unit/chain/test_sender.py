import itertools
import threading

import pytest

from medunion.chain import sender as sender_module
from medunion.chain.accounts import Account
from medunion.chain.contracts import Contracts
from medunion.chain.nonces import Nonces
from medunion.chain.sender import Call, Sender
from medunion.errors import ChainError, ContractRefused, RpcUnavailable

from .fake_node import FakeNode, refuse

TO = "0x" + "11" * 20
PAYMENT = Call(TO, b"", "payment", 1)


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def sender(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> Sender:
    return Sender(node.connect(monkeypatch), Account.create(), Contracts({}), timeout=0.3)


class TestNonces:
    def test_counts_on_from_the_chain_without_asking_again(self) -> None:
        asked = itertools.count()
        nonces = Nonces(lambda: 5 + 0 * next(asked))
        assert [nonces.take() for _ in range(3)] == [5, 6, 7]
        assert next(asked) == 1

    def test_a_nonce_given_back_is_used_next(self) -> None:
        nonces = Nonces(lambda: 5)
        first, _second = nonces.take(), nonces.take()
        nonces.give_back(first)
        assert [nonces.take(), nonces.take()] == [5, 7]

    def test_a_settled_nonce_is_not_used_again(self) -> None:
        nonces = Nonces(lambda: 6)
        nonces.settle(nonces.take())
        assert nonces.take() == 7

    def test_each_thread_gets_its_own(self) -> None:
        nonces, taken = Nonces(lambda: 0), []
        threads = [threading.Thread(target=lambda: taken.extend(nonces.take() for _ in range(200))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == list(range(800))


class TestSign:
    def test_signs_eip_1559_fees_that_outlast_a_doubling(self, sender: Sender, node: FakeNode) -> None:
        sender.send(sender.sign(PAYMENT))
        (sent,) = node.mined.values()
        assert sent["from"] == sender.address
        assert (sent["fields"]["maxFeePerGas"], sent["fields"]["maxPriorityFeePerGas"]) == (2 * 7 + 9, 9)
        assert sent["fields"]["gas"] == 26250

    def test_a_node_without_a_tip_of_its_own_is_asked_for_the_price(self, sender: Sender, node: FakeNode) -> None:
        node.answers["eth_maxPriorityFeePerGas"] = refuse("the method does not exist", -32601)
        sender.send(sender.sign(PAYMENT))
        (sent,) = node.mined.values()
        assert sent["fields"]["maxPriorityFeePerGas"] == 9 - 7

    def test_the_gas_limit_is_never_above_the_blocks(self, sender: Sender, node: FakeNode) -> None:
        node.answers["eth_estimateGas"] = hex(29_000_000)
        sender.send(sender.sign(PAYMENT))
        (sent,) = node.mined.values()
        assert sent["fields"]["gas"] == 30_000_000

    def test_a_refused_estimate_leaves_no_gap(self, sender: Sender, node: FakeNode) -> None:
        node.answers["eth_estimateGas"] = refuse("execution reverted", 3, "0x")
        with pytest.raises(ContractRefused):
            sender.sign(PAYMENT)
        del node.answers["eth_estimateGas"]
        sender.send(sender.sign(PAYMENT))
        assert [sent["nonce"] for sent in node.mined.values()] == [0]

    def test_a_forgotten_transaction_leaves_no_gap(self, sender: Sender, node: FakeNode) -> None:
        sender.forget(sender.sign(PAYMENT))
        sender.send(sender.sign(PAYMENT))
        assert [sent["nonce"] for sent in node.mined.values()] == [0]

    def test_an_empty_account_is_told_so(self, sender: Sender, node: FakeNode) -> None:
        node.answers["eth_estimateGas"] = refuse("Insufficient funds for gas * price + value")
        with pytest.raises(ChainError) as refused:
            sender.sign(PAYMENT)
        assert refused.value.details == {"reason": "insufficient-funds", "account": sender.address}


class TestSend:
    def test_the_same_bytes_may_be_sent_again(self, sender: Sender, node: FakeNode) -> None:
        signed = sender.sign(PAYMENT)
        assert sender.send(signed) == sender.send(signed)
        assert len(node.mined) == 1

    def test_a_dropped_transaction_is_sent_again(
        self, sender: Sender, node: FakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sender_module, "_RESEND", 0.02)
        node.mining = False
        sends = itertools.count()
        accept = node._accept

        def forgetful(params: list[str]) -> str:
            transaction = accept(params[0])
            if next(sends) == 0:
                node.pool.clear()
            else:
                node.mine()
            return transaction

        node.answers["eth_sendRawTransaction"] = forgetful
        assert sender.send(sender.sign(PAYMENT)).block == 11
        assert next(sends) == 2

    def test_one_that_is_never_mined_is_an_error_and_may_be_sent_later(self, sender: Sender, node: FakeNode) -> None:
        node.mining = False
        signed = sender.sign(PAYMENT)
        with pytest.raises(ChainError) as late:
            sender.send(signed)
        assert late.value.details == {"reason": "not-mined", "transaction": signed.transaction}
        node.mine()
        assert sender.send(signed).transaction == signed.transaction

    def test_a_chain_that_came_back_shorter_is_caught_up_with(self, sender: Sender, node: FakeNode) -> None:
        for _ in range(3):
            sender.transfer(TO, 1)
        node.count = 1
        for lost in list(node.mined)[1:]:
            del node.mined[lost]
        node.mining = False
        with pytest.raises(ChainError, match="not mined"):
            sender.transfer(TO, 1)
        node.pool.clear()
        node.mining = True
        sender.transfer(TO, 1)
        assert [sent["nonce"] for sent in node.mined.values()] == [0, 1]

    def test_a_nonce_that_another_process_used_is_told(self, sender: Sender, node: FakeNode) -> None:
        signed = sender.sign(PAYMENT)
        node.count = 3
        with pytest.raises(ChainError) as used:
            sender.send(signed)
        assert used.value.details["reason"] == "nonce-used"
        sender.send(sender.sign(PAYMENT))
        assert [sent["nonce"] for sent in node.mined.values()] == [3]

    def test_transact_signs_anew_when_its_nonce_was_used(self, sender: Sender, node: FakeNode) -> None:
        sender.transfer(TO, 1)
        node.count = 5
        sender.transfer(TO, 1)
        assert [sent["nonce"] for sent in node.mined.values()] == [0, 5]

    def test_an_outage_while_sending_keeps_the_nonce_order(self, sender: Sender, node: FakeNode) -> None:
        signed = sender.sign(PAYMENT)
        node.down = True
        with pytest.raises(RpcUnavailable):
            sender.send(signed)
        node.down = False
        following = sender.sign(PAYMENT)
        sender.send(signed)
        sender.send(following)
        assert [sent["nonce"] for sent in node.mined.values()] == [0, 1]

    def test_an_outage_during_a_call_leaves_no_gap(self, sender: Sender, node: FakeNode) -> None:
        def outage(_params: list[str]) -> str:
            raise RpcUnavailable("no answer")

        node.answers["eth_sendRawTransaction"] = outage
        with pytest.raises(RpcUnavailable):
            sender.transfer(TO, 1)
        del node.answers["eth_sendRawTransaction"]
        sender.transfer(TO, 1)
        assert [sent["nonce"] for sent in node.mined.values()] == [0]

    def test_a_reverted_transaction_is_explained(self, sender: Sender, node: FakeNode) -> None:
        node.status = "0x0"
        reason = "08c379a0" + f"{32:064x}" + f"{5:064x}" + b"sorry".hex().ljust(64, "0")
        node.answers["eth_call"] = refuse("execution reverted", 3, "0x" + reason)
        with pytest.raises(ContractRefused) as refused:
            sender.transfer(TO, 1)
        assert (refused.value.details["error"], refused.value.details["reason"]) == ("Error", "sorry")

    def test_one_without_a_reason_is_an_error_all_the_same(self, sender: Sender, node: FakeNode) -> None:
        node.status = "0x0"
        with pytest.raises(ContractRefused) as refused:
            sender.transfer(TO, 1)
        assert refused.value.details["error"] == "Unexplained"

    def test_another_refusal_by_the_node_is_told(self, sender: Sender, node: FakeNode) -> None:
        node.answers["eth_sendRawTransaction"] = refuse("transaction type not supported")
        with pytest.raises(ChainError) as rejected:
            sender.transfer(TO, 1)
        assert rejected.value.details["reason"] == "rejected"


class TestReceipt:
    def test_none_before_it_is_mined(self, sender: Sender, node: FakeNode) -> None:
        node.mining = False
        signed = sender.sign(PAYMENT)
        assert sender.receipt(signed.transaction) is None
