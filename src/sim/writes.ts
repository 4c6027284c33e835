/** What a write to disk brings: its part of the digest, and its data. */
import { type Digest, hashString, SharedSite, Site } from './digest.ts';
import type { Write } from './image.ts';

const PUT = hashString('put');
const APPEND = hashString('append');
const TRUNCATE = hashString('truncate');
const DROP_PREFIX = hashString('drop-prefix');
const REPLACE = hashString('replace');

/** Where writes are hashed. Replicas write the same entry at the same index within a short time: each of a few indexes has a site. */
export class WriteSites {
  readonly records: Site = new Site();
  private readonly entries: readonly SharedSite[] = Array.from({ length: 16 }, () => new SharedSite());

  entryAt(index: number): SharedSite {
    return this.entries[index & 15] as SharedSite;
  }
}

export function digestWrite(digest: Digest, sites: WriteSites, write: Write): void {
  const target = hashString(write.target);
  switch (write.kind) {
    case 'append':
      digest.words(APPEND, target, write.index, 0);
      if (typeof write.entry !== 'object' || write.entry === null || Array.isArray(write.entry))
        digest.value(write.entry);
      else digest.sharedAt(sites.entryAt(write.index), write.entry as never);
      return;
    case 'put':
      digest.words(PUT, target, 0, 0);
      digest.valueAt(sites.records, write.value);
      return;
    case 'replace':
      digest.words(REPLACE, target, write.first, 0);
      digest.value(write.entries);
      return;
    default:
      digest.words(write.kind === 'truncate' ? TRUNCATE : DROP_PREFIX, target, write.index, 0);
  }
}

export function dataOf(write: Write): unknown {
  if (write.kind === 'put') return write.value;
  if (write.kind === 'append') return write.entry;
  return write.kind === 'replace' ? write.entries : undefined;
}
