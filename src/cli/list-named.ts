/** `worldline list R05`: what a planted bug, an invariant or a goal is, and whose. */
import { LIVENESS, LIVENESS_TITLE } from '../check/liveness.ts';
import { LINEARIZABILITY, placedProperties, qualifiedName } from '../check/monitor.ts';
import type { Property } from '../check/property.ts';
import type { Bug, Protocol } from '../check/protocol.ts';
import { builtInProtocols } from '../registry.ts';
import { labelled } from '../report/words.ts';

/** What has a name, in one protocol. */
export type Named = NamedBug | NamedProperty;

export interface NamedBug {
  readonly what: 'bug';
  readonly protocol: string;
  readonly id: string;
  readonly title: string;
  /** Names of the properties that it can break. */
  readonly violates: readonly string[];
  readonly recipe: string;
  readonly source: string;
}

export interface NamedProperty {
  readonly what: 'invariant' | 'goal';
  readonly protocol: string;
  readonly name: string;
  readonly title: string;
  readonly oracle: 'internal' | 'client';
  readonly source?: string;
  /** Planted bugs that can break it. */
  readonly brokenBy: readonly string[];
}

/** What is called so in the protocols that come with worldline, whatever the case of letters; of a component's properties by path: `raft:ES`. */
export async function namedSo(name: string): Promise<readonly Named[]> {
  const isCalledSo = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
  const protocols = await Promise.all(builtInProtocols.map(({ load }) => load()));
  return protocols.flatMap((protocol) => [
    ...(protocol.bugs ?? []).filter(({ id }) => isCalledSo(id)).map((bug) => bugOf(protocol, bug)),
    ...propertiesOf(protocol).filter((property) => isCalledSo(property.name)),
  ]);
}

const bugOf = ({ name: protocol }: Protocol, bug: Bug): NamedBug => ({ what: 'bug', protocol, ...bugAsData(bug) });

export const bugAsData = ({ id, title, violates, source, recipe }: Bug): Omit<NamedBug, 'what' | 'protocol'> => ({
  id,
  title,
  violates,
  source,
  recipe,
});

export const linearizabilityTitle = (model: { readonly name: string }): string =>
  `client histories are linearizable (${model.name})`;

function propertiesOf(protocol: Protocol): NamedProperty[] {
  const brokenBy = (name: string): string[] =>
    (protocol.bugs ?? []).filter(({ violates }) => violates.includes(name)).map(({ id }) => id);
  const client = (name: string, title: string): NamedProperty => ({
    what: 'invariant',
    protocol: protocol.name,
    name,
    title,
    oracle: 'client',
    brokenBy: brokenBy(name),
  });
  const { model, liveness } = protocol;
  return [
    ...placedProperties(protocol).map(({ path, property }): NamedProperty => {
      const name = qualifiedName(path, property.name);
      return { ...described(property), protocol: protocol.name, name, brokenBy: brokenBy(name) };
    }),
    ...(model === undefined ? [] : [client(LINEARIZABILITY, linearizabilityTitle(model))]),
    ...(liveness === undefined ? [] : [client(LIVENESS, LIVENESS_TITLE)]),
  ];
}

const described = ({
  kind,
  title,
  oracle,
  source,
}: Property): Pick<NamedProperty, 'what' | 'title' | 'oracle' | 'source'> => ({
  what: kind === 'always' ? 'invariant' : 'goal',
  title,
  oracle,
  ...(source === undefined ? {} : { source }),
});

/** For people. */
export function namedLines(named: Named, bold: (text: string) => string): string[] {
  const heading = `${bold(named.what === 'bug' ? named.id : named.name)}  ${named.title}`;
  const rows = named.what === 'bug' ? bugRows(named) : propertyRows(named);
  return [heading, ...rows.flatMap(([label, text]) => labelled(label, text, 9))];
}

const bugRows = ({ protocol, id, violates, recipe, source }: NamedBug): [string, string][] => [
  ['is', `a planted bug of ${protocol}`],
  ['breaks', violates.join(', ')],
  ['recipe', recipe],
  ['source', source],
  ['try', `npx worldline fuzz ${protocol} --bug ${id}`],
];

const propertyRows = ({ what, protocol, oracle, source, brokenBy }: NamedProperty): [string, string][] => [
  ['is', whatItIs(what, protocol, oracle)],
  ...(source === undefined ? [] : ([['source', source]] as [string, string][])),
  ...(brokenBy.length === 0 ? [] : ([['broken by', brokenBy.join(', ')]] as [string, string][])),
];

function whatItIs(what: NamedProperty['what'], protocol: string, oracle: NamedProperty['oracle']): string {
  if (what === 'goal') return `a goal of ${protocol}: what a campaign must have reached somewhere`;
  return `an invariant of ${protocol}, judged by ${oracle === 'client' ? 'what clients saw' : 'what its nodes do'}`;
}
