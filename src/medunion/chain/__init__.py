"""The ledger over JSON-RPC: the only package that imports web3, eth_account or eth_keys.

connection    one or several RPC endpoints of one chain
artifacts     the compiled contracts that the package ships
abi           encoding and decoding by `eth_abi`
contracts     all contracts together: calls, events, and refusals by name
typed_data    EIP-712 structs of all contracts
accounts      secp256k1 accounts, keystore v3 files
sender        transactions of one account
events        logs in ranges
ledger        `medunion.ledger.Ledger`
writer        `medunion.ledger.RecordWriter`
parameters    what a deployment is made of
deployment    making, resuming and opening a deployment
encodings     headers, transactions and receipts as their hashes are taken
tries         proofs of a place in a block
inclusion     a mined transaction with its proofs
devnet        a local Anvil
"""
