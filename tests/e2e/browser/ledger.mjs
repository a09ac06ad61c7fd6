// What a reader asks of the ledger, by eth_call and eth_getLogs; contracts/interfaces has all of it.
import { Contract, JsonRpcProvider, getBytes } from "ethers";

const RECORDS = [
  "event Committed(bytes32 indexed patient, uint32 indexed author, bytes32 indexed root, uint32 count, uint32 episode, bytes32 manifestDigest)",
  "function batchOf(bytes32 patient, uint32 author, bytes32 root) view returns (tuple(uint40 committedAt, uint32 count, uint32 episode))",
];
const CONSORTIUM = [
  "function actorOf(address account) view returns (tuple(uint32 member, uint16 roles, uint8 status, uint8 kind))",
];

export class Ledger {
  /** `network` has rpc, chainId, and the addresses recordRegistry and consortiumRegistry. */
  constructor(network) {
    this.provider = new JsonRpcProvider(network.rpc, network.chainId, { staticNetwork: true });
    this.records = new Contract(network.recordRegistry, RECORDS, this.provider);
    this.consortium = new Contract(network.consortiumRegistry, CONSORTIUM, this.provider);
  }

  /** The batches of a patient as their events tell: author, root, count, manifestDigest. */
  async batches(patient) {
    const events = await this.records.queryFilter(this.records.filters.Committed(patient), 0);
    return events.map(({ args }) => ({
      author: Number(args.author),
      root: getBytes(args.root),
      count: Number(args.count),
      manifestDigest: getBytes(args.manifestDigest),
    }));
  }

  /** How many records the ledger's own slot of a batch counts; 0 when there is none. */
  async countOf(patient, author, root) {
    const slot = await this.records.batchOf(patient, author, root);
    return slot.committedAt === 0n ? 0 : Number(slot.count);
  }

  /** The member that an account acts for; 0 is nobody. */
  async memberOf(account) {
    return Number((await this.consortium.actorOf(account)).member);
  }

  /** Seconds since 1970 by the later of this machine's clock and the chain's. */
  async now() {
    const { timestamp } = await this.provider.getBlock("latest");
    return Math.max(timestamp, Math.floor(Date.now() / 1000));
  }
}
