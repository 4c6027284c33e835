/** One failure for people: what broke, the facts that contradict each other, the story, and commands to paste. At most 25 lines. */
import type { Fact } from '../sim/observer.ts';
import type { Micros, NodeId } from '../sim/protocol.ts';
import type { Story } from '../timeline/story.ts';
import { inMilliseconds } from '../timeline/time.ts';
import { headLine, rowLine } from './plain.ts';
import { plainStyle, type Style } from './style.ts';
import { counted, grouped, wrapped } from './words.ts';

export const FAILURE_LINES_MAX = 25;

export interface BrokenProperty {
  readonly property: string;
  readonly path: string;
  readonly oracle: 'internal' | 'client';
  readonly title: string;
  readonly sentence: string;
  readonly facts: readonly Fact[];
  readonly event: number;
  readonly at: Micros;
}

export interface BrokenRun {
  readonly kind: string;
  readonly sentence: string;
  readonly event: number;
  readonly at: Micros;
  readonly node?: NodeId;
  readonly handler?: string;
}

export interface Size {
  readonly nodes: number;
  readonly faults: number;
  readonly calls: number;
  readonly events: number;
}

export interface FailureAccount {
  readonly violation?: BrokenProperty;
  readonly failure?: BrokenRun;
  /** The seed that found it, and how many seeds found the same. */
  readonly seed: string;
  readonly found?: number;
  readonly bug?: string;
  /** What of it the protocol does not claim to survive: then this is no failure of the protocol. */
  readonly outside?: readonly string[];
  /** The failure shows only where the run is strict. */
  readonly strictOnly?: boolean;
  readonly shrunk?: { readonly before: Size; readonly after: Size };
  /** The frames of the user's own code, where it threw. */
  readonly frames?: readonly string[];
  readonly story?: Story;
  readonly lanes: readonly NodeId[];
  /** Ready to be pasted, the most useful one last. */
  readonly commands: readonly string[];
}

/** At most `FAILURE_LINES_MAX` lines; the story gives way first. */
export function failureLines(account: FailureAccount, style: Style = plainStyle): string[] {
  const head = [...headline(account, style), ...origin(account)];
  const tail = commandLines(account.commands, style);
  const room = FAILURE_LINES_MAX - head.length - tail.length;
  return [...head, ...storyLines(account, room, style), ...tail];
}

function headline(account: FailureAccount, style: Style): string[] {
  const { outside = [] } = account;
  if (outside.length === 0) return whatBroke(account, style.bad, style);
  const [first = '', ...rest] = whatBroke(account, style.warn, style);
  return [
    `${style.warn(style.bold('OUTSIDE MODEL:'))} ${first}`,
    `  which the protocol does not claim to survive: ${outside.join(', ')}`,
    ...rest,
  ];
}

function whatBroke(account: FailureAccount, tint: (text: string) => string, style: Style): string[] {
  const { violation, failure } = account;
  if (violation !== undefined) return violationLines(violation, tint, style);
  if (failure === undefined) return [tint(style.bold('FAILED'))];
  const lines = wrapped(failure.sentence, 110).map((line) => `  ${line}`);
  return [
    `${tint(style.bold('FAILED'))}  ${failureNames[failure.kind] ?? failure.kind}`,
    ...lines.slice(0, 4),
    `  ${place(failure)}${failure.handler === undefined ? '' : `, in ${failure.handler}`}`,
    ...(account.strictOnly === true ? strictOnlyLines : []),
    ...(account.frames ?? []).slice(0, 4).map((frame) => `    ${frame}`),
  ];
}

const strictOnlyLines: readonly string[] = [
  '  in a strict run, where what is handed over must be plain data and is frozen; the plain run goes on here, every time.',
  '  The code hands over what is no plain data, or changes what it has given away or what others may hold too.',
];

const failureNames: { readonly [kind: string]: string } = {
  threw: "the protocol's own code threw",
  contract: "the protocol's code broke a rule of the contract",
  guard: "the protocol's code reached for the outside world",
  strict: "the protocol's code keeps state that is hidden or no plain data, or changes what it handed over",
  limit: 'the run grew past a limit',
  stalled: 'nothing is left to happen, yet operations are outstanding',
  hung: "the protocol's code does not come back",
};

function violationLines(violation: BrokenProperty, tint: (text: string) => string, style: Style): string[] {
  const name = violation.path === '' ? violation.property : `${violation.path}:${violation.property}`;
  const sentence = wrapped(violation.sentence, 110).map((line) => `  ${line}`);
  const facts = violation.facts.slice(0, 4).map(factLine);
  const [first = '', ...more] = wrapped(`${name}: ${violation.title}`, 100);
  return [
    `${tint(style.bold('VIOLATED'))}  ${style.bold(name)}${first.slice(name.length)}`,
    ...more.slice(0, 2).map((line) => `          ${line}`),
    ...sentence.slice(0, 3),
    ...facts,
    `  ${place(violation)}, seen by the ${violation.oracle === 'client' ? "clients' history alone" : 'internal oracle'}`,
  ];
}

const factLine = ({ event, node, text }: Fact): string =>
  `    - ${node === undefined ? '' : `${node}: `}${text} (event ${grouped(event)})`;

const place = ({ event, at, node }: { event: number; at: Micros; node?: NodeId }): string =>
  `at event ${grouped(event)}, ${inMilliseconds(at)} ms${node === undefined ? '' : `, at ${node}`}`;

function origin(account: FailureAccount): string[] {
  const { seed, found, bug, shrunk } = account;
  const often = found === undefined || found <= 1 ? '' : ` and ${counted(found - 1, 'other seed')}`;
  const planted = bug === undefined ? '' : `, with the planted bug ${bug}`;
  const lines = [`  found by seed ${seed}${often}${planted}`];
  if (shrunk !== undefined) lines.push(`  shrunk from ${size(shrunk.before)}`, `         to ${size(shrunk.after)}`);
  return lines;
}

const size = (of: Size): string =>
  `${counted(of.nodes, 'node')}, ${counted(of.faults, 'fault')}, ${counted(of.calls, 'call')}, ${counted(of.events, 'event')}`;

function storyLines(account: FailureAccount, room: number, style: Style): string[] {
  const { story, lanes } = account;
  if (story === undefined || room < 5) return [];
  const rows = story.rows.slice(-(room - 2));
  if (rows.length === 0) return [];
  return ['', headLine(lanes, style), ...rows.map((row) => rowLine({ ...row, text: clipped(row.text) }, lanes, style))];
}

const ROW_TEXT_MAX = 150;
const clipped = (text: string): string =>
  text.length <= ROW_TEXT_MAX ? text : `${text.slice(0, ROW_TEXT_MAX - 3)}...`;

const commandLines = (commands: readonly string[], style: Style): string[] =>
  commands.length === 0 ? [] : ['', ...commands.map((command) => style.accent(command))];
