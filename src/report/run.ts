/** One run for people. */
import type { Micros } from '../sim/protocol.ts';
import { spellDuration } from '../timeline/time.ts';
import { type FiguresAccount, figureLines } from './figures.ts';
import { plainStyle, type Style } from './style.ts';
import { counted, grouped, labelled, tally } from './words.ts';

export interface RunAccount {
  readonly verdict: 'passed' | 'violated' | 'failed' | 'unknown';
  readonly asExpected: boolean;
  /** It broke beyond what the protocol claims to survive. */
  readonly isOutside?: boolean;
  readonly scenario: string;
  readonly seed: string;
  readonly digest: string;
  /** The faults that the run was to have. */
  readonly planned: readonly { readonly kind: string }[];
  readonly goals: { readonly [goal: string]: number };
  readonly figures?: FiguresAccount;
  readonly statistics: {
    readonly events: number;
    readonly simulatedMicros: Micros;
    readonly messages: {
      readonly [type: string]: {
        readonly sent: number;
        readonly delivered: number;
        readonly dropped: { readonly [reason: string]: number };
      };
    };
    readonly faults: { readonly [kind: string]: { readonly fired: number; readonly skipped: number } };
    readonly operations: {
      readonly ok: number;
      readonly fail: number;
      readonly unknown: number;
      readonly open: number;
    };
  };
}

/** Verdict and figures of a run; a failure's story is told by failure.ts. */
export function runLines(run: RunAccount, style: Style = plainStyle): string[] {
  const { statistics } = run;
  const fired = tally(
    Object.fromEntries(Object.entries(statistics.faults).map(([kind, { fired: times }]) => [kind, times])),
  );
  const { ok, fail, unknown, open } = statistics.operations;
  return [
    verdictLine(run, style),
    ...labelled('faults', `${fired === '' ? 'none' : fired}${neverText(run)}`),
    ...labelled('messages', messageText(statistics.messages)),
    ...labelled(
      'operations',
      `${grouped(ok)} acknowledged, ${grouped(fail)} refused, ${grouped(unknown)} given up, ${grouped(open)} open at the end`,
    ),
    ...labelled('goals', Object.keys(run.goals).join(', ') || 'none reached'),
    ...figureLines(run.figures),
    ...labelled('digest', style.dim(run.digest)),
  ];
}

/** What waits for an event that never comes, e.g. for a note that is misspelt, strikes nobody. */
function neverText({ verdict, planned, statistics: { faults } }: RunAccount): string {
  if (verdict !== 'passed') return '';
  const struck = (kind: string): boolean => {
    const { fired, skipped } = faults[kind] ?? { fired: 0, skipped: 0 };
    return fired + skipped > 0;
  };
  const never = [...new Set(planned.map(({ kind }) => kind))].filter((kind) => !struck(kind));
  return never.length === 0 ? '' : `; never: ${never.join(', ')}`;
}

/** What of a plan goes beyond what its protocol claims to survive. */
export const outsideLine = ({ name }: { readonly name: string }, beyond: readonly string[], style: Style): string =>
  style.warn(`  outside     ${name} does not claim to survive: ${beyond.join(', ')}`);

function verdictLine(run: RunAccount, style: Style): string {
  const size = `${spellDuration(run.statistics.simulatedMicros)} of virtual time, ${counted(run.statistics.events, 'event')}`;
  const subject = `${run.scenario}, seed ${run.seed}: ${size}`;
  if (run.verdict === 'passed' && !run.asExpected) {
    return `${style.bad(style.bold('NOT FOUND'))}  ${subject}; the violation that was expected did not show`;
  }
  const word = run.verdict === 'unknown' ? 'INCONCLUSIVE' : run.verdict.toUpperCase();
  if (run.verdict === 'passed') return `${style.good(style.bold(word))}  ${subject}`;
  if (run.verdict === 'unknown') {
    return `${style.warn(style.bold(word))}  ${subject}; the client history could not be judged within the budget`;
  }
  if (run.isOutside === true) return `${style.warn(style.bold(`OUTSIDE MODEL: ${run.verdict}`))}  ${subject}`;
  return `${run.asExpected ? style.good('AS EXPECTED') : style.bad(style.bold(word))}  ${subject}`;
}

function messageText(messages: RunAccount['statistics']['messages']): string {
  let sent = 0;
  let delivered = 0;
  const reasons: { [reason: string]: number } = {};
  for (const kind of Object.values(messages)) {
    sent += kind.sent;
    delivered += kind.delivered;
    for (const [reason, times] of Object.entries(kind.dropped)) reasons[reason] = (reasons[reason] ?? 0) + times;
  }
  const lost = tally(reasons);
  return `${grouped(sent)} sent, ${grouped(delivered)} delivered${lost === '' ? '' : `; dropped: ${lost}`}`;
}
