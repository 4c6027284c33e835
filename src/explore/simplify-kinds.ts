/** Plainer kinds: what does several things in a row, or to several nodes, becomes one thing, or is done to fewer. */
import type { Fault } from '../sim/faults.ts';

/** Faults that do less than this one, and nothing that it does not. */
export function* plainerKinds(fault: Fault): Generator<Fault> {
  switch (fault.kind) {
    case 'crash':
      yield* plainerCrash(fault);
      return;
    case 'outage': {
      const { kind: _, nodes, ...rest } = fault;
      if (nodes.length === 1) yield { kind: 'crash', node: nodes[0] as string, ...rest };
      yield* fewer(nodes).map((some): Fault => ({ ...fault, nodes: some }));
      return;
    }
    case 'crash-loop': {
      const { kind: _, times, down, up: _up, ...rest } = fault;
      yield { kind: 'crash', ...rest, for: down };
      if (times > 2) yield { ...fault, times: Math.floor(times / 2) };
      return;
    }
    case 'flapping': {
      const { kind: _, cut: _cut, healed: _healed, ...rest } = fault;
      yield { kind: 'partition', ...rest };
      return;
    }
    case 'partial':
      yield* fewer(fault.pairs).map((pairs): Fault => ({ ...fault, pairs }));
      return;
    case 'swizzle-clog':
    case 'timer-jitter':
      yield* fewer(fault.nodes).map((nodes): Fault => ({ ...fault, nodes }));
      return;
    case 'degrade':
      yield* oneQualityLess(fault);
      return;
    case 'filter':
      yield* fewer(fault.messages).map((messages): Fault => ({ ...fault, messages }));
      return;
    case 'clock-drift': {
      const { kind: _, every: _every, ppm, ...rest } = fault;
      yield { kind: 'clock-rate', ...rest, ppm };
      yield { kind: 'clock-rate', ...rest, ppm: -ppm };
    }
  }
}

function* plainerCrash(fault: Extract<Fault, { readonly kind: 'crash' }>): Generator<Fault> {
  if (fault.during !== undefined) {
    const { during: _, ...whenever } = fault;
    yield whenever;
  }
  if (fault.empty !== undefined) {
    const { empty: _, ...keeping } = fault;
    yield keeping;
  }
}

function* oneQualityLess(fault: Extract<Fault, { readonly kind: 'degrade' }>): Generator<Fault> {
  for (const quality of ['latency', 'lossPpm', 'duplicationPpm', 'fifo', 'capacity'] as const) {
    if (fault[quality] === undefined) continue;
    const { [quality]: _, ...rest } = fault;
    yield rest as Fault;
  }
}

/** Each list that lacks one; none where there is only one. */
const fewer = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  items.length < 2 ? [] : items.map((_, place) => items.toSpliced(place, 1));
