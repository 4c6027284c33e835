/** Predicates over steps, as people type them: where a run is to stop. */
import type { TraceEvent } from '../sim/trace.ts';
import type { Step } from './steps.ts';

export interface Predicate {
  readonly text: string;
  /** Whether the step is one of those. */
  holds(step: Step): boolean;
}

/** What may be typed, for help and for errors. */
export const predicateWords =
  'note:TEXT, message:TYPE, from:NODE, node:NODE, timer:NAME, ROLE:NODE (leader:n3), epoch:N, broken[:PROPERTY], crash[:NODE], restart, pause, resume, fault, drop, call, answer, unknown';

/** Undefined where a word means nothing. Several, with blanks between them, must hold in one step. */
export function readPredicate(text: string): Predicate | undefined {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const tests = words.map(testOf);
  if (tests.length === 0 || tests.includes(undefined)) return undefined;
  return {
    text: words.join(' '),
    holds: (step) => tests.every((test) => step.events.some((event) => test?.(event) === true)),
  };
}

/** The nodes that its words name, as `n3` in `leader:n3`. */
export function nodesNamed(text: string): string[] {
  const words = text.trim().split(/\s+/);
  return words.flatMap((word) => {
    const [, name = '', value = ''] = /^([^:]+):(.+)$/.exec(word) ?? [];
    return value === '' || ofNoNode.has(name) ? [] : [value];
  });
}

const ofNoNode: ReadonlySet<string> = new Set(['note', 'message', 'timer', 'epoch', 'term', 'broken']);

type Test = (event: TraceEvent) => boolean;

const kinds: { readonly [word: string]: Test } = {
  broken: ({ kind }) => kind === 'violation' || kind === 'failure',
  violation: ({ kind }) => kind === 'violation',
  crash: ({ kind }) => kind === 'crash',
  restart: (event) => event.kind === 'boot' && event.incarnation > 1,
  pause: ({ kind }) => kind === 'pause',
  resume: ({ kind }) => kind === 'resume',
  fault: (event) => event.kind === 'fault' && event.phase === 'start',
  drop: ({ kind }) => kind === 'drop',
  call: ({ kind }) => kind === 'call',
  answer: (event) => event.kind === 'return' && event.outcome === 'ok',
  unknown: (event) => event.kind === 'return' && event.outcome === 'unknown',
  note: ({ kind }) => kind === 'note',
};

function testOf(word: string): Test | undefined {
  const [, name = '', value = ''] = /^([^:]+):(.+)$/.exec(word) ?? [];
  if (value === '') return kinds[word];
  const wanted = value.toLowerCase();
  switch (name) {
    case 'note':
      return (event) => event.kind === 'note' && event.text.toLowerCase().includes(wanted);
    case 'message':
      return (event) => event.kind === 'deliver' && typeOf(event.message).toLowerCase().includes(wanted);
    case 'timer':
      return (event) => event.kind === 'timer' && event.timer.toLowerCase().includes(wanted);
    case 'epoch':
    case 'term':
      return (event) => event.kind === 'view' && event.view.epoch === Number(value);
    case 'from':
      return (event) => (event.kind === 'deliver' || event.kind === 'drop') && event.from === value;
    case 'broken':
      return (event) =>
        event.kind === 'violation' &&
        [event.property, `${event.path}:${event.property}`].some((one) => one.toLowerCase() === wanted);
    case 'node':
    case 'lane':
      return (event) => 'node' in event && event.node === value;
    default:
      break;
  }
  const kind = kinds[name];
  if (kind !== undefined) return (event) => kind(event) && 'node' in event && event.node === value;
  return (event) =>
    event.kind === 'view' && event.view.role.toLowerCase() === name.toLowerCase() && event.node === value;
}

function typeOf(message: unknown): string {
  const type = (message as { readonly type?: unknown } | null)?.type;
  return typeof type === 'string' ? type : '';
}
