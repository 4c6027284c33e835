/** Leases as bars: how long each goes on, in true time and on the clock of the node that counts it, and who holds one besides another. */
import type { Clocks, NodeId, Panel } from '../sim/protocol.ts';
import { cut, type Line, lineOf, span } from '../timeline/ink.ts';
import { spellDuration } from '../timeline/time.ts';

type LeasePanel = Extract<Panel, { kind: 'lease' }>;

/** A lease as one node has it. */
export interface LeaseSeen {
  readonly owner: NodeId;
  readonly panel: LeasePanel;
  readonly clocks: Clocks & { readonly ratePpm: number };
}

/** Microseconds that are left, on the node's own clock and in true time; negative when it is over. */
interface Left {
  readonly own: number;
  readonly true: number;
}

export function leftOf({ panel, clocks }: LeaseSeen): Left {
  const own = panel.until - clocks[panel.clock];
  return { own, true: Math.round(own / (1 + clocks.ratePpm / 1_000_000)) };
}

/** Bars share one scale of true time that begins now. Where two holders believe in it at once, both are drawn as bad. */
export function leaseLines(leases: readonly LeaseSeen[], width: number): Line[] {
  if (leases.length === 0) return [];
  const shown = leases.map((lease) => ({ ...lease, left: leftOf(lease) }));
  // A node that believes in its own lease acts on it; others only know of it.
  const believers = shown.filter(({ panel, left }) => panel.holder === undefined && left.true > 0);
  const isDouble = believers.length > 1;
  const label = Math.max(...shown.map(({ owner, panel }) => owner.length + panel.title.length + 1)) + 1;
  const numbers = 22;
  const cells = Math.max(4, width - label - numbers - 1);
  const scale = Math.max(1, ...shown.map(({ left }) => Math.max(left.true, left.own))) / cells;
  return [
    lineOf(cut(`${'LEASES'.padEnd(label + cells)} ${'true'.padStart(9)} ${'own clock'.padStart(11)}`, width), 'dim'),
    ...shown.map(({ owner, panel, left }): Line => {
      const ink = isDouble && panel.holder === undefined && left.true > 0 ? 'bad' : left.true > 0 ? 'good' : 'dim';
      const bar = left.true > 0 ? '━'.repeat(Math.max(1, Math.round(left.true / scale))) : '';
      return [
        span(`${owner} `, 'bold'),
        span(panel.title.padEnd(label - owner.length - 1)),
        span(cut(bar, cells), ink),
        span(' '.repeat(Math.max(0, cells - bar.length))),
        span(
          ` ${leftWords(left.true).padStart(9)} ${leftWords(left.own).padStart(11)}`,
          left.true > 0 ? 'plain' : 'dim',
        ),
      ];
    }),
    ...(isDouble
      ? [lineOf(cut(`‼ ${believers.map(({ owner }) => owner).join(' and ')} believe at once to hold it`, width), 'bad')]
      : []),
  ];
}

const leftWords = (micros: number): string => (micros > 0 ? tenths(micros) : `-${tenths(-micros)}`);

/** A tenth of a millisecond is as much as fits. */
const tenths = (micros: number): string => spellDuration(Math.round(micros / 100) * 100);
