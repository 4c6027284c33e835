/** Planted bugs by name. */
import type { Protocol } from './protocol.ts';

/** The same protocol with one of its planted bugs switched on; undefined when it has none of that id. Upper and lower case are one. */
export const withPlantedBug = (protocol: Protocol, id: string): Protocol | undefined =>
  protocol.bugs?.find((bug) => bug.id.toLowerCase() === id.toLowerCase())?.protocol();
