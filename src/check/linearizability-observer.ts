/** Judges the client history once, when the run is over. */
import type { Operation } from '../sim/history.ts';
import type { Fact, Finding, Observer, World } from '../sim/observer.ts';
import { explainLinearizability } from './explain-linearizability.ts';
import { checkLinearizability, type LinearizabilityResult, type LinearizabilityVerdict } from './linearizability.ts';
import type { Model } from './model.ts';

export interface Judgement {
  readonly verdict: LinearizabilityVerdict;
  /** Search nodes visited. */
  readonly nodes: number;
  /** Operations judged. */
  readonly operations: number;
}

/** Facts shown, the operation to blame being the last of them. */
const FACTS_MAX = 5;

export interface JudgeMemory {
  judgement: Judgement | undefined;
}

export const linearizabilityObserver = (
  name: string,
  model: Model,
  budget: number | undefined,
): Observer<JudgeMemory> => ({
  name,
  start: () => ({ judgement: undefined }),
  end(memory: JudgeMemory, world: World): Finding | undefined {
    const history = world.history();
    const result = checkLinearizability(history, model, budget === undefined ? {} : { budget });
    memory.judgement = { verdict: result.verdict, nodes: result.nodes, operations: result.operations };
    return result.verdict === 'illegal' ? explain(history, model, result) : undefined;
  },
});

function explain(history: readonly Operation[], model: Model, result: LinearizabilityResult): Finding {
  const blame = result.worst?.blame;
  const blamed = blame === undefined ? undefined : history[blame];
  if (blamed === undefined) return { sentence: 'no order of the client operations explains what clients were told' };
  const part = model.partition?.(blamed.input);
  const about = part === undefined ? '' : ` on ${part}`;
  return {
    sentence: `${blamed.process} was told ${tell(model, blamed)}, which no order of the operations${about} explains`,
    facts: contradiction(history, model, result, blamed).map((operation) => fact(model, operation)),
  };
}

/** The operations that contradict each other: none of them could be left out. In the order of their answers, the blamed one last. */
function contradiction(
  history: readonly Operation[],
  model: Model,
  result: LinearizabilityResult,
  blamed: Operation,
): readonly Operation[] {
  const minimal = explainLinearizability(history, model, result)?.minimal ?? [];
  const others = minimal.map((index) => history[index] as Operation).filter((operation) => operation !== blamed);
  others.sort((left, right) => left.returned - right.returned || left.called - right.called);
  return [...others.slice(-(FACTS_MAX - 1)), blamed];
}

const fact = (model: Model, operation: Operation): Fact => ({
  event: operation.returnedEvent ?? operation.calledEvent ?? operation.called,
  ...(operation.returnedAt === undefined ? {} : { at: operation.returnedAt }),
  text: `${operation.process}: ${tell(model, operation)} (asked at event ${operation.calledEvent ?? operation.called})`,
});

function tell(model: Model, { input, output }: Operation): string {
  if (model.describe !== undefined) return model.describe(input, output);
  return `${JSON.stringify(input)} -> ${JSON.stringify(output ?? null)}`;
}
