/** From properties to the observers of one run: what the kernel calls, and what is left to read when the run is over. */
import type { PlacedObserver } from '../sim/observer.ts';
import type { Watch } from '../sim/observing.ts';
import { type Judgement, linearizabilityObserver } from './linearizability-observer.ts';
import { type CalmRun, LIVENESS, type LivenessJudgement, type LivenessMemory, livenessObserver } from './liveness.ts';
import { type Figures, METER } from './meter.ts';
import type { Property } from './property.ts';
import type { Protocol } from './protocol.ts';

/** Name of the property that client histories are linearizable. */
export const LINEARIZABILITY = 'LIN';

/** `ES`, or `raft:ES` for a property of the component `raft`. */
export const qualifiedName = (path: string, name: string): string => (path === '' ? name : `${path}:${name}`);

/** A property with the path of the component it watches; '' for the protocol's own. */
export interface PlacedProperty {
  readonly path: string;
  readonly property: Property;
}

/** All properties of a protocol and of what it hosts: its own first, then by component. */
export function placedProperties(protocol: Protocol): readonly PlacedProperty[] {
  const own = protocol.properties.map((property) => ({ path: '', property }));
  const hosted = Object.entries(protocol.components ?? {}).flatMap(([path, component]) =>
    component.properties.map((property) => ({ path, property })),
  );
  return [...own, ...hosted];
}

/** Names of all that can be broken. */
export function propertyNames(protocol: Protocol): readonly string[] {
  const known = placedProperties(protocol).flatMap(({ path, property }) =>
    property.kind === 'always' ? [qualifiedName(path, property.name)] : [],
  );
  return [
    ...known,
    ...(protocol.model === undefined ? [] : [LINEARIZABILITY]),
    ...(protocol.liveness === undefined ? [] : [LIVENESS]),
  ];
}

export interface MonitorOptions {
  /** Qualified names of the invariants to check; all when absent. Goals are always watched. */
  readonly properties?: readonly string[];
  /** The run lies beyond what the protocol claims to survive. */
  readonly beyondModel?: boolean;
  /** Search nodes that judging a client history may take. */
  readonly linearizabilityBudget?: number;
  /** The run, where it has a calm in which liveness is to be judged. */
  readonly calmRun?: CalmRun;
}

/** What all runs of a protocol are watched by, within its model and beyond: thousands of runs are. */
const observersWithin = new WeakMap<Protocol, readonly PlacedObserver[]>();
const observersBeyond = new WeakMap<Protocol, readonly PlacedObserver[]>();

const askingForModel = new WeakMap<Protocol, boolean>();

/** Whether it matters to any property where a run lies. */
export function asksForModel(protocol: Protocol): boolean {
  let asks = askingForModel.get(protocol);
  if (asks === undefined) {
    asks = placedProperties(protocol).some(isWithinModel);
    askingForModel.set(protocol, asks);
  }
  return asks;
}

const isWithinModel = ({ property }: PlacedProperty): boolean =>
  property.kind === 'always' && property.withinModel === true;

/** Invariants and goals, and what measures; of the invariants those wanted only, where somebody has chosen. */
function chosenObservers(
  protocol: Protocol,
  { properties, beyondModel = false }: MonitorOptions,
): readonly PlacedObserver[] {
  const observersOf = beyondModel ? observersBeyond : observersWithin;
  const known = properties === undefined ? observersOf.get(protocol) : undefined;
  if (known !== undefined) return known;
  const { meter } = protocol;
  const watching = placedProperties(protocol)
    .filter((placed) => !beyondModel || !isWithinModel(placed))
    .filter(
      ({ path, property }) =>
        property.kind === 'sometimes' || (properties?.includes(qualifiedName(path, property.name)) ?? true),
    )
    .map(({ path, property }): PlacedObserver => ({ path, observer: property }));
  const chosen = meter === undefined ? watching : [...watching, { path: '', observer: { ...meter, name: METER } }];
  if (properties === undefined) observersOf.set(protocol, chosen);
  return chosen;
}

/** The observers of a run: the protocol's invariants and goals, and the judges of its calm and of its client history. */
export function monitor(protocol: Protocol, options: MonitorOptions = {}): readonly PlacedObserver[] {
  const wanted = (name: string): boolean => options.properties?.includes(name) ?? true;
  const properties = [...chosenObservers(protocol, options)];
  const { liveness } = protocol;
  if (liveness !== undefined && options.calmRun !== undefined && wanted(LIVENESS))
    properties.push({ path: '', observer: livenessObserver(liveness, options.calmRun) });
  if (protocol.model === undefined || !wanted(LINEARIZABILITY)) return properties;
  const judge = linearizabilityObserver(LINEARIZABILITY, protocol.model, options.linearizabilityBudget);
  return [...properties, { path: '', observer: judge }];
}

/** Goals reached in a run, by qualified name, with the ordinal of the event. */
export function goalsReached(watches: readonly Watch[]): { readonly [goal: string]: number } {
  const reached = watches.filter(({ reachedAt, observer }) => reachedAt >= 0 && observer.endsRun !== true);
  return Object.fromEntries(reached.map(({ path, name, reachedAt }) => [qualifiedName(path, name), reachedAt]));
}

/** What was measured; undefined where the protocol measures nothing. */
export function figuresOf({ meter }: Protocol, watches: readonly Watch[]): Figures | undefined {
  const watch = watches.find(({ path, name }) => path === '' && name === METER);
  return meter === undefined || watch === undefined ? undefined : meter.read(watch.memory);
}

/** What was found about the calm; undefined before the end of the run, or when nobody asked. */
export function livenessOf(watches: readonly Watch[]): LivenessJudgement | undefined {
  const judge = watches.find(({ path, name }) => path === '' && name === LIVENESS);
  return (judge?.memory as LivenessMemory | undefined)?.judgement;
}

/** What was found about the client history; undefined before the end of the run, or when nobody asked. */
export function judgementOf(watches: readonly Watch[]): Judgement | undefined {
  const judge = watches.find(({ path, name }) => path === '' && name === LINEARIZABILITY);
  return (judge?.memory as { readonly judgement: Judgement | undefined } | undefined)?.judgement;
}
