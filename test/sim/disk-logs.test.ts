/** How safe each entry of a log is. */
import { expect, test } from 'vitest';
import { SimDisk } from '../../src/sim/disk.ts';
import { logsOn } from '../../src/sim/disk-logs.ts';

const append = (disk: SimDisk, index: number, entry: string, target = 'wal'): void =>
  disk.write({ area: '', kind: 'append', target, index, entry });
const sync = (disk: SimDisk, token: number): void => void disk.begin(token, 0, 1_000, true, 0, '', undefined);
const standings = (disk: SimDisk, target = 'wal'): readonly string[] =>
  (logsOn(disk).find(({ name }) => name === target)?.entries ?? []).map(
    ({ entry, standing }) => `${entry} ${standing}`,
  );

test('an entry is cached, then forced by a sync that began after it, then durable', () => {
  const disk = new SimDisk();
  append(disk, 1, 'a');
  append(disk, 1, 'other', 'second');
  expect(standings(disk)).toEqual(['a cached']);
  sync(disk, 1);
  append(disk, 2, 'b');
  expect(standings(disk)).toEqual(['a forced', 'b cached']);
  expect(standings(disk, 'second')).toEqual(['other forced']);
  sync(disk, 2);
  disk.finish(1);
  expect(standings(disk)).toEqual(['a durable', 'b forced']);
  disk.finish(2);
  expect(standings(disk)).toEqual(['a durable', 'b durable']);
});

test('of a long log the end alone can be asked for', () => {
  const disk = new SimDisk();
  for (const index of [1, 2, 3, 4, 5]) append(disk, index, `e${index}`);
  sync(disk, 1);
  append(disk, 6, 'e6');
  disk.finish(1);
  expect(logsOn(disk, 2)).toEqual([
    {
      area: '',
      name: 'wal',
      first: 5,
      earlier: 4,
      entries: [
        { entry: 'e5', standing: 'durable' },
        { entry: 'e6', standing: 'cached' },
      ],
    },
  ]);
  expect(logsOn(disk, 7)[0]).toMatchObject({ first: 1, earlier: 0 });
});

test('what takes the place of a durable entry is not durable itself', () => {
  const disk = new SimDisk();
  for (const index of [1, 2]) append(disk, index, `old${index}`);
  sync(disk, 1);
  disk.finish(1);
  disk.write({ area: '', kind: 'truncate', target: 'wal', index: 2 });
  append(disk, 2, 'new2');
  expect(standings(disk)).toEqual(['old1 durable', 'new2 cached']);
  disk.write({ area: '', kind: 'replace', target: 'wal', first: 5, entries: ['five', 'six'] });
  sync(disk, 2);
  expect(standings(disk)).toEqual(['five forced', 'six forced']);
});

test('what takes the place of an entry that is being forced is in the cache alone', () => {
  const disk = new SimDisk();
  append(disk, 1, 'a');
  sync(disk, 1);
  disk.write({ area: '', kind: 'truncate', target: 'wal', index: 1 });
  append(disk, 1, 'b');
  expect(standings(disk)).toEqual(['b cached']);
});

test('a sync that fails leaves its entries in the cache, and a crash takes them', () => {
  const disk = new SimDisk();
  append(disk, 1, 'a');
  disk.failing = 1;
  sync(disk, 1);
  disk.finish(1);
  expect(standings(disk)).toEqual(['a cached']);
  disk.crash({}, 0);
  expect(standings(disk)).toEqual([]);
});

test('what cannot be read back says so', () => {
  const disk = new SimDisk();
  append(disk, 1, 'a');
  sync(disk, 1);
  disk.finish(1);
  disk.durable.damageEntry('', 'wal', 1, 'corrupt');
  expect(standings(disk)).toEqual(['a unreadable']);
});
