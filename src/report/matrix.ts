/** A crash matrix as text: one line an event, one letter a run. */
import type { Style } from './style.ts';

type MatrixOutcome = 'committed' | 'aborted' | 'waited' | 'blocked' | 'split';
const recoveries = ['never', 'soon', 'late'] as const;

interface Row {
  readonly at: number;
  readonly node: string;
  readonly event: string;
  readonly outcomes: { readonly [recovery in (typeof recoveries)[number]]: readonly MatrixOutcome[] };
  readonly cuts: { readonly forever: readonly MatrixOutcome[]; readonly healed: readonly MatrixOutcome[] };
}

export interface MatrixAccount {
  readonly protocol: string;
  readonly bug?: string;
  readonly task: string;
  readonly links: readonly (readonly [string, string])[];
  readonly rows: readonly Row[];
  readonly counts: { readonly [what: string]: { readonly [outcome in MatrixOutcome]: number } };
  readonly runs: number;
  readonly cpuSeconds: number;
}

const letters: { readonly [outcome in MatrixOutcome]: string } = {
  committed: 'c',
  aborted: 'a',
  waited: 'w',
  blocked: 'B',
  split: 'X',
};

const legend =
  'c committed, a aborted, w decided only when who had crashed was back, B blocked for ever, X an invariant is broken';

const EVENT_MAX = 34;

export function matrixLines(report: MatrixAccount, style: Style): readonly string[] {
  const { protocol, bug, task, rows, links, counts, runs, cpuSeconds } = report;
  const effects = Math.max(...rows.map(({ outcomes }) => outcomes.never.length));
  const width = Math.max(effects, 'never'.length);
  const link = Math.max(links.length, 'cut'.length);
  const names = [...recoveries.map((recovery) => recovery.padEnd(width)), 'cut'.padEnd(link), 'healed'];
  return [
    `${style.bold(protocol)}${bug === undefined ? '' : ` with ${bug}`}: ${task}`,
    `Each process crashes at each event after none, one, ... all effects of its handler, and is back never, soon, late. Cuts: ${links.map((pair) => pair.join('-')).join(', ')}.`,
    legend,
    '',
    style.dim(`${'time (ms)'.padStart(9)}  at  ${'event'.padEnd(EVENT_MAX)}  ${names.join('  ')}`),
    ...rows.map((row) => rowLine(row, width, link, style)),
    '',
    ...Object.entries(counts).map(([what, each]) => {
      const parts = (Object.keys(letters) as MatrixOutcome[]).filter((outcome) => each[outcome] > 0);
      return `  ${what.padEnd(26)}${parts.map((outcome) => `${each[outcome]} ${outcome}`).join(', ')}`;
    }),
    '',
    `${runs.toLocaleString('en')} runs, ${cpuSeconds.toFixed(1)} s of processor time`,
  ];
}

function rowLine({ at, node, event, outcomes, cuts }: Row, width: number, link: number, style: Style): string {
  const cells = (each: readonly MatrixOutcome[], to: number): string =>
    each.map((outcome) => coloured(outcome, style)).join('') + ' '.repeat(Math.max(0, to - each.length));
  const text = event.length > EVENT_MAX ? `${event.slice(0, EVENT_MAX - 1)}~` : event.padEnd(EVENT_MAX);
  const strips = [
    ...recoveries.map((recovery) => cells(outcomes[recovery], width)),
    cells(cuts.forever, link),
    cells(cuts.healed, 0),
  ];
  return `${(at / 1_000).toFixed(3).padStart(9)}  ${node.padEnd(2)}  ${text}  ${strips.join('  ')}`;
}

function coloured(outcome: MatrixOutcome, style: Style): string {
  const letter = letters[outcome];
  if (outcome === 'split' || outcome === 'blocked') return style.bad(letter);
  return outcome === 'waited' ? style.warn(letter) : letter;
}
