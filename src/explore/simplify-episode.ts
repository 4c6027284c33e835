/**
 * The same failure without an episode: a stretch of time is cut out of a run, as if it had never been. Many stretches leave everything as
 * it was before (heartbeats, elections that nobody won), and what comes after them goes on as it did, only sooner.
 */
import type { Plan } from '../scenario/plan.ts';
import type { Fault, Override } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import type { Schedule, SentMessage, SetTimer } from './schedule.ts';
import { arriving, firing, leastDelays, titleOf } from './simplify-schedule.ts';

/**
 * What happened in [from, to) has not happened. Messages sent and timers set later are named anew, since fewer came before them. What was
 * under way at `from` takes the place of what was under way at `to`.
 */
export function withoutEpisode(plan: Plan, schedule: Schedule, from: Micros, to: Micros): Plan {
  const gone = to - from;
  const least = leastDelays(schedule);
  const overrides: Override[] = [
    ...byLane(schedule.messages).flatMap((messages) => messagesWithout(messages, from, to)),
    ...byLane(schedule.timers).flatMap((timers) => timersWithout(timers, from, to, plan.limits.until, least)),
  ];
  const sooner = (at: Micros): Micros => (at >= to ? at - gone : Math.min(at, from));
  return {
    ...plan,
    overrides,
    faults: plan.faults.map((fault) => faultWithout(fault, from, to)),
    calls: plan.calls.filter(({ at }) => at < from || at >= to).map((call) => ({ ...call, at: sooner(call.at) })),
    ...(plan.calm === undefined ? {} : { calm: { ...plan.calm, at: sooner(plan.calm.at) } }),
    limits: { ...plan.limits, until: Math.max(1, plan.limits.until - gone) },
  };
}

function byLane<Item extends { readonly lane: string }>(items: readonly Item[]): readonly (readonly Item[])[] {
  const lanes = new Map<string, Item[]>();
  for (const item of items) {
    const lane = lanes.get(item.lane);
    if (lane === undefined) lanes.set(item.lane, [item]);
    else lane.push(item);
  }
  return [...lanes.values()];
}

function messagesWithout(messages: readonly SentMessage[], from: Micros, to: Micros): Override[] {
  const before = messages.filter(({ sentAt }) => sentAt < from);
  const after = messages.filter(({ sentAt }) => sentAt >= to);
  const removed = messages.length - before.length - after.length;
  const underWay = (at: Micros, sentBefore: readonly SentMessage[]): readonly SentMessage[] =>
    sentBefore.filter(({ handledAt }) => handledAt !== undefined && handledAt >= at);
  const atFrom = underWay(from, before);
  const atTo = underWay(
    to,
    messages.filter(({ sentAt }) => sentAt < to),
  );
  return [
    ...before.map((message) => {
      const place = atFrom.indexOf(message);
      if (place < 0) return arriving(message, message);
      const like = atTo[atTo.length - atFrom.length + place];
      const handledAt = like?.handledAt === undefined ? undefined : like.handledAt - (to - from);
      return arriving(message, { ...message, handledAt });
    }),
    ...after.map((message) => arriving({ lane: message.lane, ordinal: message.ordinal - removed }, message)),
  ];
}

function timersWithout(
  timers: readonly SetTimer[],
  from: Micros,
  to: Micros,
  until: Micros,
  least: ReadonlyMap<string, Micros>,
): Override[] {
  const before = timers.filter(({ setAt }) => setAt < from);
  const after = timers.filter(({ setAt }) => setAt >= to);
  const removed = timers.length - before.length - after.length;
  const atFrom = before.filter((timer) => isArmed(timer, from));
  const atTo = timers.filter((timer) => timer.setAt < to && isArmed(timer, to));
  return [
    ...before.map((timer) => {
      const place = atFrom.indexOf(timer);
      if (place < 0) return firing(timer, timer.delay);
      const like = atTo[atTo.length - atFrom.length + place];
      if (like === undefined) return firing(timer, until + 1);
      const delay = (like.firedAt ?? like.setAt + like.delay) - (to - from) - timer.setAt;
      return firing(timer, Math.max(delay, least.get(titleOf(timer)) ?? 0));
    }),
    ...after.map((timer) => firing({ lane: timer.lane, ordinal: timer.ordinal - removed }, timer.delay)),
  ];
}

const isArmed = ({ firedAt, replacedAt }: SetTimer, at: Micros): boolean =>
  (firedAt === undefined || firedAt >= at) && (replacedAt === undefined || replacedAt >= at);

function faultWithout(fault: Fault, from: Micros, to: Micros): Fault {
  if (fault.at === undefined) return fault;
  const end = 'for' in fault && fault.for !== undefined ? fault.at + fault.for : undefined;
  const sooner = (at: Micros): Micros => (at >= to ? at - (to - from) : Math.min(at, from));
  const at = sooner(fault.at);
  return end === undefined ? { ...fault, at } : ({ ...fault, at, for: Math.max(1, sooner(end) - at) } as Fault);
}
