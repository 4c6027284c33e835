/** What clients leave behind that keep their session when they have given the lock back. */
import { always, type Property } from '../../../check/property.ts';
import { fact, type Moment, momentOf, nameOf } from '../properties/facts.ts';
import type { ReplicaState } from '../replicated/replica.ts';
import type { Deleted, StoreState } from './shape.ts';

interface Memory {
  /** By node: how often it was booted. */
  readonly lives: Map<number, number>;
  /** By session and number of the request: who has answered, in which of its lives. */
  readonly answers: Map<string, Moment & { readonly node: number; readonly life: number }>;
  /** By client: the last answer that it has got. */
  readonly delivered: Map<string, { readonly event: number; readonly session: number; readonly answer: string }>;
}

const nameOfAnswer = ({ session, number }: Deleted): string => `${session}.${number}`;

/** LEFT. The server that has answered knows: what it has executed since then does not make the node again. */
export const leftBehind: Property = always<Memory>({
  name: 'LEFT',
  title: 'who keeps its session and takes its node for deleted has left none behind',
  source: 'CURATOR-315; ZooKeeper recipes, "Locks"',
  oracle: 'internal',
  messages: ['Deleted'],
  start: () => ({ lives: new Map(), answers: new Map(), delivered: new Map() }),
  boot({ lives }, node) {
    lives.set(node, (lives.get(node) ?? 0) + 1);
    return undefined;
  },
  send({ lives, answers }, from, _to, message: Deleted, world) {
    answers.set(nameOfAnswer(message), { node: from, life: lives.get(from) ?? 0, ...momentOf(world) });
    return undefined;
  },
  deliver({ delivered }, _from, to, message: Deleted, world) {
    const { session } = message;
    delivered.set(nameOf(world, to), { event: world.event, session, answer: nameOfAnswer(message) });
    return undefined;
  },
  returned({ lives, answers, delivered }, { process }, world) {
    const [client = ''] = process.split('/');
    const heard = delivered.get(client);
    const answer = answers.get(heard?.answer ?? '');
    if (heard?.event !== world.event || answer === undefined || lives.get(answer.node) !== answer.life)
      return undefined;
    const state = world.stateOf(answer.node) as ReplicaState<StoreState> | undefined;
    const node = state?.machine.nodes.find(({ session, isLost }) => session === heard.session && !isLost);
    if (node === undefined) return undefined;
    const server = nameOf(world, answer.node);
    return {
      sentence: `${client} takes its node for deleted, and node ${node.revision} (a${node.id}) of its session is there`,
      facts: [
        fact(answer, server, `answers that it has deleted a node of ${client}`),
        fact(momentOf(world), client, `goes on, while ${server} has node ${node.revision}`),
      ],
    };
  },
});
