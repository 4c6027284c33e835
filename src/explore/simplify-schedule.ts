/**
 * The same failure under an explicit schedule: which messages arrive and when, which timers fire. First everything is written down as it
 * happened, so that chance and network faults are no longer needed; then single messages are left out and timers stopped.
 */
import type { Plan } from '../scenario/plan.ts';
import type { Fault, Override } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import { nameOf, type Schedule, type SentMessage, type Strike } from './schedule.ts';

/** Faults whose effect on messages can be written down message by message. */
const networkFaults: ReadonlySet<Fault['kind']> = new Set(['partition', 'isolate', 'cut', 'clog', 'noise']);

/** A plan that says of each message and timer what became of it, and needs neither loss nor network faults for that. */
export function* explicitSchedules(plan: Plan, schedule: Schedule): Generator<Plan> {
  if (plan.overrides.length > 0) return;
  const overrides: Override[] = [
    ...schedule.messages.map((message) => arriving(message, message)),
    ...schedule.timers.map((timer) => firing(timer, timer.delay)),
  ];
  const calm = { ...plan.network, fifo: false, lossPpm: 0, duplicationPpm: 0 };
  const timed = plan.faults.map((fault, index) => atItsTime(fault, schedule.strikes.get(index)));
  for (const faults of [timed, plan.faults]) {
    yield { ...plan, overrides, network: calm, faults: faults.filter(({ kind }) => !networkFaults.has(kind)) };
    yield { ...plan, overrides, network: calm, faults };
  }
  yield { ...plan, overrides };
}

/** A fault that waits for the n-th of some events would strike elsewhere when one of them is left out; one that waits for a time does not. */
function atItsTime(fault: Fault, strike: Strike | undefined): Fault {
  if (strike === undefined) return fault;
  const { when: _when, ...rest } = fault;
  const node =
    'node' in fault && typeof fault.node === 'object' && strike.node !== undefined ? { node: strike.node } : {};
  return { ...rest, at: strike.at, ...node } as Fault;
}

/** Without what nothing led from to the failure: messages that did not matter never arrive, timers that did not matter never fire. */
export function* withoutBystanders(plan: Plan, schedule: Schedule): Generator<Plan> {
  const messages = schedule.messages.filter(({ handledAt, matters }) => handledAt !== undefined && !matters);
  const timers = schedule.timers.filter(({ firedAt, matters }) => firedAt !== undefined && !matters);
  const drops = messages.map(dropping);
  const stops = timers.map((timer) => stopping(timer, plan));
  if (drops.length > 0 && stops.length > 0) yield overridden(plan, [...drops, ...stops]);
  if (drops.length > 0) yield overridden(plan, drops);
  if (stops.length > 0) yield overridden(plan, stops);
}

/** What can be left out: each message that arrived, and each timer that fired. In the order of the run. */
export const removable = (plan: Plan, schedule: Schedule): readonly Override[] => [
  ...schedule.messages.filter(({ handledAt }) => handledAt !== undefined).map(dropping),
  ...schedule.timers.filter(({ firedAt }) => firedAt !== undefined).map((timer) => stopping(timer, plan)),
];

/** Calls come, and faults strike, at this part of their times. */
const PARTS = [64, 8, 2];

/**
 * Timers that matter fire earlier, and calls come earlier: what only passes the time until then goes. The last ones first. No timer fires
 * sooner than one of its name was set for: a world in which an election timeout passes too early breaks promises that the protocol keeps.
 */
export function* sooner(plan: Plan, schedule: Schedule): Generator<Plan> {
  const delays = new Map(
    plan.overrides.flatMap((override) => ('delay' in override ? [[override.timer, override.delay]] : [])),
  );
  const least = leastDelays(schedule);
  for (const timer of schedule.timers.toReversed()) {
    if (timer.firedAt === undefined || !timer.matters) continue;
    const current = delays.get(nameOf(timer)) ?? timer.delay;
    const earliest = least.get(titleOf(timer)) ?? current;
    for (const delay of [earliest, Math.floor((earliest + current) / 2)])
      if (delay < current) yield overridden(plan, [firing(timer, delay)]);
  }
  for (const part of PARTS) {
    const calls = plan.calls.map((call) => ({ ...call, at: Math.floor(call.at / part) }));
    if (plan.calls.some(({ at }) => at > 0)) yield { ...plan, calls };
    for (const index of calls.keys()) {
      if ((plan.calls[index]?.at ?? 0) > 0)
        yield { ...plan, calls: plan.calls.with(index, calls[index] as Plan['calls'][number]) };
    }
  }
  for (const [index, fault] of plan.faults.entries()) {
    if (fault.at === undefined || fault.at === 0) continue;
    for (const part of PARTS)
      yield { ...plan, faults: plan.faults.with(index, { ...fault, at: Math.floor(fault.at / part) }) };
  }
}

/** By the name of a timer, whoever sets it: the shortest delay that it was set for. */
export function leastDelays({ timers }: Schedule): ReadonlyMap<string, Micros> {
  const least = new Map<string, Micros>();
  for (const timer of timers) {
    const title = titleOf(timer);
    least.set(title, Math.min(timer.delay, least.get(title) ?? timer.delay));
  }
  return least;
}

/** `election` of `n3/election`, `idle` of `n2/idle/n1.1.7`, `store/raft:election` of `n3/store/raft:election`. */
export const titleOf = ({ lane }: Pick<Named, 'lane'>): string => /^[^/]*\/((?:.*:)?[^/]*)/.exec(lane)?.[1] ?? lane;

/** Without decisions about messages and timers that there no longer are. */
export function* withoutStaleOverrides(plan: Plan, schedule: Schedule): Generator<Plan> {
  const present = new Set([
    ...schedule.messages.map((message) => `message ${nameOf(message)}`),
    ...schedule.timers.map((timer) => `timer ${nameOf(timer)}`),
  ]);
  const overrides = plan.overrides.filter((override) => present.has(subjectOf(override)));
  if (overrides.length < plan.overrides.length) yield { ...plan, overrides };
}

/** Says when, not whether. */
export const isTiming = (override: Override): boolean => !('drop' in override);

type Named = { readonly lane: string; readonly ordinal: number };

const dropping = (message: Named): Override => ({ message: nameOf(message), drop: true });

/** As `like` did: after the same time, or not at all. */
export const arriving = (message: Named, like: SentMessage): Override =>
  like.handledAt === undefined
    ? dropping(message)
    : { message: nameOf(message), latency: Math.max(0, like.handledAt - like.sentAt) };

export const firing = (timer: Named, delay: Micros): Override => ({ timer: nameOf(timer), delay: Math.max(0, delay) });

/** A timer that would fire after the end never fires. */
const stopping = (timer: Named, plan: Plan): Override => firing(timer, plan.limits.until + 1);

/** The plan with further overrides, which replace those of the same message or timer. */
export function overridden(plan: Plan, more: readonly Override[]): Plan {
  const replaced = new Set(more.map(subjectOf));
  return { ...plan, overrides: [...plan.overrides.filter((override) => !replaced.has(subjectOf(override))), ...more] };
}

const subjectOf = (override: Override): string =>
  'message' in override ? `message ${override.message}` : `timer ${override.timer}`;
