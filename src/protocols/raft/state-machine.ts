/** What Raft replicates: a deterministic state machine, given to it as a parameter. */
import type { Model } from '../../check/model.ts';
import type { OperationSpec } from '../../sim/config.ts';
import type { Json } from '../../sim/plain.ts';
import type { Tagged } from '../../sim/protocol.ts';

/** States are plain data, changed in place by `apply` alone. */
export interface StateMachine<State extends object = object, Op extends Tagged = Tagged> {
  readonly name: string;
  /** What clients may ask for, and how fuzzing draws it. */
  readonly operations: readonly OperationSpec[];
  /** Judges client histories; left out where nobody knows what is right. */
  readonly model?: Model;
  start(): State;
  /** Executes one command and answers it. The same state and command give the same state and answer everywhere. */
  apply(state: State, op: Op): Json;
  /** A 32-bit fingerprint of the whole state, kept up to date by `apply`, so that asking costs nothing. */
  digest(state: State): number;
  /** True for commands that change nothing: they may be answered beside the log. Without it there are none. */
  isQuery?(op: Op): boolean;
  /** What the command answers whatever the state is; undefined where the answer depends on the state. */
  answerRegardless(op: Op): Json | undefined;
  /** A few words, e.g. `write k1 = 7`. */
  tell(op: Op, result: Json | undefined): string;
}
