/** An order found by the search, written out with the observers that it applied on the way. */
import type { Part } from './part.ts';
import type { OrderStep } from './search.ts';
import { ILLEGAL, type Transitions } from './transitions.ts';

/** All operations of the order: those of the path, and observers as soon as they are possible, as the search applies them. */
export function replay(
  part: Part<unknown, unknown>,
  transitions: Transitions<unknown, unknown, unknown>,
  path: readonly OrderStep[],
): readonly OrderStep[] {
  const steps: OrderStep[] = [];
  const applied = new Uint8Array(part.classOf.length);
  let at = 0;
  const apply = (step: OrderStep): void => {
    steps.push(step);
    applied[step.operation] = 1;
  };
  const settle = (state: number): void => {
    for (; at < part.definiteCount; at++) {
      const end = part.observerStart[at + 1] as number;
      for (let open = part.observerStart[at] as number; open < end; open++) {
        const operation = part.openObservers[open] as number;
        if (applied[operation] === 1) continue;
        if (transitions.next(state, part.classOf[operation] as number) !== ILLEGAL) apply({ operation, state });
      }
      if (applied[at] === 0) return;
    }
  };
  settle(transitions.initial);
  for (const step of path) {
    apply(step);
    settle(step.state);
  }
  return steps;
}
