/**
 * REPORT (BHG 7.5; KD): what a process reports and acknowledges is where it stands on its disk. Whoever leads decides by that, and a
 * restart must not take it back.
 */
import { always, type Property } from '../../../check/property.ts';
import type { Finding, World } from '../../../sim/observer.ts';
import { factNow, nameOf, WAL } from '../../atomic-commit/properties/facts.ts';
import type { Ack, StateReport } from '../shape.ts';
import { follow, readAgain, type Standing, type Standings } from './standing.ts';

export const reportsTrue: Property = always<Standings>({
  name: 'REPORT',
  title: 'the state and the attempt that a process reports or acknowledges are those on its disk',
  source: 'BHG 7.5; Keidar, Dolev 1998, Last_Attempt',
  oracle: 'internal',
  messages: ['StateReport', 'Ack'],
  start: () => [],
  log(standings, node, log, change) {
    follow(standings, node, log, change);
    return undefined;
  },
  boot(standings, node, world) {
    readAgain(standings, node, world);
    return undefined;
  },
  send(standings, from, _to, message: StateReport | Ack, world) {
    const standing = standings[from]?.get(message.txn);
    if (message.type === 'Ack') {
      const attempt = Math.max(1, message.election);
      const is = (standing?.state === 'p' || standing?.state === 'pa') && standing.attempt === attempt;
      return is && isOnDisk(standing, from, world)
        ? undefined
        : untrue(standing, from, `acknowledges attempt ${attempt}`, message, world);
    }
    const { state, attempt } = message.report;
    const is = standing?.state === state && (state === 'a' || state === 'c' || standing.attempt === attempt);
    return is && isOnDisk(standing, from, world)
      ? undefined
      : untrue(standing, from, `reports ${state} of attempt ${attempt}`, message, world);
  },
});

function isOnDisk({ index }: Standing, node: number, world: World): boolean {
  const { first, entries } = world.diskOf(node).durableLog(WAL);
  return index < first + entries.length;
}

function untrue(
  standing: Standing | undefined,
  node: number,
  what: string,
  { txn }: StateReport | Ack,
  world: World,
): Finding {
  const has = standing === undefined ? 'nothing of it' : `${standing.state} of attempt ${standing.attempt}`;
  return {
    sentence: `${nameOf(world, node)} ${what} for ${txn}, and its log says ${has}${standing === undefined || isOnDisk(standing, node, world) ? '' : ', which is not on disk yet'}`,
    facts: [factNow(world, node, `${what} for ${txn}`)],
  };
}
