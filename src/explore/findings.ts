/** What a campaign has found so far: distinct failures with the first of each, in the order of their seeds. */
import type { BatchResult } from './batch.ts';
import { isOutside } from './budget.ts';
import type { Finding } from './report.ts';

export interface Found {
  readonly first: Finding;
  /** Of all, the one after the fewest events; of equals the first. Its story is told. */
  readonly smallest: Finding;
  readonly count: number;
}

export class Findings {
  private readonly found = new Map<string, Found>();

  constructor(before: readonly Found[] = []) {
    for (const one of before) this.found.set(one.first.signature, one);
  }

  /** Takes the hits of a batch; batches come in seed order. */
  add({ hits, findings }: Pick<BatchResult, 'hits' | 'findings'>): void {
    for (const { signature, index } of hits) {
      const known = this.found.get(signature);
      const finding = findings.find((one) => one.index === index);
      const first = known?.first ?? (finding as Finding);
      const smallest = known === undefined ? first : smallerOf(known.smallest, finding);
      this.found.set(signature, { first, smallest, count: (known?.count ?? 0) + 1 });
    }
  }

  get all(): readonly Found[] {
    return [...this.found.values()];
  }

  /** Distinct failures. */
  get distinct(): number {
    return this.found.size;
  }

  /** Seeds that have failed, within the model. */
  get count(): number {
    let count = 0;
    for (const [signature, one] of this.found) if (!isOutside(signature)) count += one.count;
    return count;
  }
}

/** The one after fewer events; of equals the one with the earlier seed. */
export function smallerOf(one: Finding, other: Finding | undefined): Finding {
  if (other === undefined) return one;
  const [events, others] = [eventsOf(one), eventsOf(other)];
  return others < events || (others === events && other.index < one.index) ? other : one;
}

const eventsOf = ({ execution }: Finding): number => execution.statistics.events;
