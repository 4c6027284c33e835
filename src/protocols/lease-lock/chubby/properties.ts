/** What clients of Chubby must not do, and what a campaign must have reached. */
import { always, goalByNote, type Property, requiredWithin } from '../../../check/property.ts';
import { fact, type Moment, momentOf, nameOf } from '../properties/facts.ts';
import { delayFailedOver, lockDelayProperties } from '../properties/lock-delay.ts';
import { epochs } from './epochs.ts';

/** JEOP. By node: since when it is in jeopardy. */
const quiet: Property = always<{ readonly since: Map<number, Moment> }>({
  name: 'JEOP',
  title: 'a client in jeopardy does nothing under its lock',
  source: 'Burrows 2006, section 2.8',
  oracle: 'internal',
  role: 'client',
  start: () => ({ since: new Map() }),
  crash({ since }, node) {
    since.delete(node);
    return undefined;
  },
  note({ since }, node, text, _data, world) {
    if (text === 'jeopardy') since.set(node, momentOf(world));
    if (text === 'safe' || text === 'lost' || text === 'released') since.delete(node);
    const begun = since.get(node);
    if (text !== 'guardedStep' || begun === undefined) return undefined;
    const name = nameOf(world, node);
    return {
      sentence: `${name} takes a step although it is in jeopardy`,
      facts: [fact(begun, name, 'is in jeopardy'), fact(momentOf(world), name, 'takes a step')],
    };
  },
});

const goal = (seeds: number, name: string, title: string, note: string): Property =>
  requiredWithin(seeds, goalByNote(name, title, note));

export const chubbyProperties: readonly Property[] = [
  quiet,
  epochs,
  ...lockDelayProperties,
  delayFailedOver,
  goal(100, 'jeopardy', 'a holder did not know whether its session lived, and stopped', 'jeopardy'),
  goal(200, 'safe', 'it heard from a master within the grace period, and went on', 'safe'),
  goal(500, 'grace-over', 'nobody was heard of within the grace period', 'graceOver'),
];
