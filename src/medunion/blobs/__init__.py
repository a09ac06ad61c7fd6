"""Encrypted bodies and manifests by content: the `BlobStore` port, and stores in a folder and on an IPFS node.

cid         CIDv1 of raw, dag-pb and dag-cbor blocks, as text and bytes
dagcbor     deterministic DAG-CBOR with links
unixfs      a file as blocks, exactly as `ipfs add --cid-version 1 --raw-leaves` cuts it
car         CARv1: how a batch travels
store       the port
folder      the embedded store: one pack file per batch
pack_index  which pack holds which block
kubo        the store on an IPFS node; kubo_rpc: that node's RPC; kubo_daemon: a node of one's own for devnets and tests
network     a store that reads from its peers what it lacks
"""
