/** What a campaign has found so far: distinct failures with the first of each, in the order of their seeds. */
import type { BatchResult } from './batch.ts';
import { isOutside } from './budget.ts';
import type { Finding } from './report.ts';

export interface Found {
  readonly first: Finding;
  readonly count: number;
}

export class Findings {
  private readonly found = new Map<string, Found>();

  constructor(before: readonly Found[] = []) {
    for (const one of before) this.found.set(one.first.signature, one);
  }

  /** Takes the hits of a batch; batches come in seed order. */
  add({ hits, findings }: Pick<BatchResult, 'hits' | 'findings'>): void {
    for (const { signature } of hits) {
      const known = this.found.get(signature);
      const first = known?.first ?? (findings.find((finding) => finding.signature === signature) as Finding);
      this.found.set(signature, { first, count: (known?.count ?? 0) + 1 });
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
