/**
 * One digest of many runs. Each run's digest is mixed with its index and added: batches, shards and resumed campaigns add up to the same
 * digest as one that ran all seeds itself.
 */
export class CampaignDigest {
  private sum: bigint;

  /** @param before 16 hex digits of a digest to go on from. */
  constructor(before = '0') {
    this.sum = BigInt(`0x${before}`);
  }

  /** @param digest 16 hex digits */
  addRun(index: number, digest: string): void {
    this.add(mixed(BigInt(`0x${digest}`) ^ (BigInt(index) * GOLDEN)));
  }

  addDigest(digest: string): void {
    this.add(BigInt(`0x${digest}`));
  }

  private add(value: bigint): void {
    this.sum = BigInt.asUintN(64, this.sum + value);
  }

  /** 16 hex digits. */
  toString(): string {
    return this.sum.toString(16).padStart(16, '0');
  }
}

const GOLDEN = 0x9e3779b97f4a7c15n;

/** The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): every bit of the input reaches every bit of the output. */
function mixed(value: bigint): bigint {
  let word = BigInt.asUintN(64, value);
  word = BigInt.asUintN(64, (word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n);
  word = BigInt.asUintN(64, (word ^ (word >> 27n)) * 0x94d049bb133111ebn);
  return word ^ (word >> 31n);
}
