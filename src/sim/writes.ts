/** What a write to disk brings: its part of the digest, and its data. */
import { type Digest, hashString, type Site } from './digest.ts';
import type { Write } from './image.ts';

const PUT = hashString('put');
const APPEND = hashString('append');
const TRUNCATE = hashString('truncate');
const DROP_PREFIX = hashString('drop-prefix');
const REPLACE = hashString('replace');

/** `site`: where entries of logs are hashed. */
export function digestWrite(digest: Digest, site: Site, write: Write): void {
  const target = hashString(write.target);
  switch (write.kind) {
    case 'append':
      digest.words(APPEND, target, write.index, 0);
      digest.valueAt(site, write.entry);
      return;
    case 'put':
      digest.words(PUT, target, 0, 0);
      digest.valueAt(site, write.value);
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
