/** Judges the client history once, when the run is over. */
import type { Operation } from '../sim/history.ts';
import type { Fact, Finding, Observer, World } from '../sim/observer.ts';
import { checkLinearizability, type LinearizabilityResult, type LinearizabilityVerdict } from './linearizability.ts';
import type { Model } from './model.ts';

export interface Judgement {
  readonly verdict: LinearizabilityVerdict;
  /** Search nodes visited. */
  readonly nodes: number;
  /** Operations judged. */
  readonly operations: number;
}

/** Facts shown beside the operation to blame: the last answers that clients had on the same part. */
const CONTEXT_FACTS = 3;

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
    facts: [...earlierAnswers(history, model, blamed, part), fact(model, blamed)],
  };
}

/** The last operations on the same part that had been answered before the blamed one was. */
function earlierAnswers(
  history: readonly Operation[],
  model: Model,
  blamed: Operation,
  part: string | number | undefined,
): readonly Fact[] {
  return history
    .filter(
      (operation) =>
        operation.outcome === 'ok' &&
        operation.returned < blamed.returned &&
        (part === undefined || model.partition?.(operation.input) === part),
    )
    .sort((left, right) => left.returned - right.returned)
    .slice(-CONTEXT_FACTS)
    .map((operation) => fact(model, operation));
}

const fact = (model: Model, operation: Operation): Fact => ({
  event: operation.returnedEvent ?? operation.returned,
  text: `${operation.process}: ${tell(model, operation)} (asked at event ${operation.calledEvent ?? operation.called})`,
});

function tell(model: Model, { input, output }: Operation): string {
  if (model.describe !== undefined) return model.describe(input, output);
  return `${JSON.stringify(input)} -> ${JSON.stringify(output ?? null)}`;
}
