/** What is in the logs on disk: a line a node, the newest record last, and how safe each is. */
import type { EntryStanding, LogOnDisk } from '../sim/disk-logs.ts';
import type { NodeId } from '../sim/protocol.ts';
import { cut, type Ink, type Line, lineOf, type Span, span } from '../timeline/ink.ts';
import type { Teller } from '../timeline/tell.ts';

/** The logs of one node. */
export interface DiskSeen {
  readonly node: NodeId;
  readonly isUp: boolean;
  readonly logs: readonly LogOnDisk[];
}

const signs: { readonly [standing in EntryStanding]: { readonly sign: string; readonly ink: Ink } } = {
  durable: { sign: '', ink: 'plain' },
  forced: { sign: '…', ink: 'disk' },
  cached: { sign: '·', ink: 'candidate' },
  unreadable: { sign: '✗', ink: 'bad' },
};

/** Only of logs whose records the protocol tells. Nodes that are down have a disk all the same: that is what they will find. */
export function diskLines(disks: readonly DiskSeen[], teller: Teller, width: number): Line[] {
  const told = disks.flatMap(({ node, isUp, logs }) =>
    logs.flatMap((log) => {
      const records = log.entries.flatMap(({ entry, standing }) => {
        const text = teller.record(log.name, entry);
        return text === undefined ? [] : [{ text: `${text}${signs[standing].sign}`, standing }];
      });
      return records.length === 0
        ? []
        : [{ label: `${node}${isUp ? '' : ' ╳'}`, title: titleOf(log), earlier: log.earlier, records }];
    }),
  );
  const label = Math.max(...told.map((log) => log.label.length)) + 1;
  return [...new Set(told.map(({ title }) => title))].flatMap((title) => [
    lineOf(cut(`LOG ${title}: … being forced, · in cache only`, width), 'dim'),
    ...told
      .filter((log) => log.title === title)
      .map((log) => [span(log.label.padEnd(label), 'bold'), ...newest(log.records, log.earlier, width - label)]),
  ]);
}

const titleOf = ({ area, name }: LogOnDisk): string => (area === '' ? name : `${area}/${name}`);

/** As many records as fit, the last ones; what is left out is counted. */
function newest(
  records: readonly { readonly text: string; readonly standing: EntryStanding }[],
  earlier: number,
  width: number,
): readonly Span[] {
  const count = (left: number): string => (left + earlier === 0 ? '' : `+${left + earlier} `);
  let used = 0;
  let first = records.length;
  while (first > 0) {
    const more = (records[first - 1]?.text.length ?? 0) + GAP;
    if (first < records.length && used + more + count(first - 1).length > width) break;
    used += more;
    first--;
  }
  return [
    span(count(first), 'dim'),
    ...records
      .slice(first)
      .map(({ text, standing }) => span(cut(text, width).padEnd(text.length + GAP), signs[standing].ink)),
  ];
}

const GAP = 2;
