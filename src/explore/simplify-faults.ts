/** The same plan with plainer faults: whole handlers instead of parts, both directions, shorter, at rounder times. */
import type { Plan } from '../scenario/plan.ts';
import type { Fault } from '../sim/faults.ts';
import type { Micros } from '../sim/protocol.ts';
import { plainerKinds } from './simplify-kinds.ts';

/** Times are rounded to this where nothing depends on it: shorter to read. */
const ROUND: readonly Micros[] = [100_000, 10_000, 1_000];

export function* plainerFaults(plan: Plan): Generator<Plan> {
  for (const [index, fault] of plan.faults.entries()) {
    for (const plainer of plainerOf(fault)) yield { ...plan, faults: plan.faults.with(index, plainer) };
  }
}

function* plainerOf(fault: Fault): Generator<Fault> {
  yield* plainerKinds(fault);
  if ('effect' in fault && fault.effect !== undefined) {
    const { effect: _effect, ...whole } = fault;
    yield whole as Fault;
  }
  if (fault.kind === 'isolate' && fault.direction !== undefined && fault.direction !== 'both') {
    const { direction: _direction, ...both } = fault;
    yield both;
  }
  if ('torn' in fault && fault.torn === true) {
    const { torn: _torn, ...clean } = fault;
    yield clean;
  }
  if ('unsynced' in fault && (fault.unsynced === 'prefix' || fault.unsynced === 'subset')) {
    yield { ...fault, unsynced: 'none' };
    yield { ...fault, unsynced: 'all' };
    if (fault.unsynced === 'subset') yield { ...fault, unsynced: 'prefix' };
  }
  if (fault.kind === 'noise' && fault.lossPpm !== undefined && fault.duplicationPpm !== undefined) {
    const { lossPpm, duplicationPpm, ...rest } = fault;
    yield { ...rest, lossPpm };
    yield { ...rest, duplicationPpm };
  }
  if ('for' in fault && fault.for !== undefined) {
    const half = Math.floor(fault.for / 2);
    if (half >= 1_000) yield { ...fault, for: half } as Fault;
    for (const value of rounded(fault.for)) yield { ...fault, for: value } as Fault;
  }
  if (fault.at !== undefined) for (const at of rounded(fault.at)) yield { ...fault, at };
}

/** Always down: what is halved and rounded up again would never come to rest. */
function* rounded(value: Micros): Generator<Micros> {
  for (const unit of ROUND) {
    if (value % unit === 0) return;
    const rounder = Math.floor(value / unit) * unit;
    if (rounder > 0) yield rounder;
  }
}
