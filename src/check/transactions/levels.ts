/**
 * Which isolation levels an anomaly rules out. Facts from Adya's thesis and Adya, Liskov, O'Neil (2000), Bailis et al.
 * (2013), Cerone, Bernardi, Gotsman (2015), Cerone, Gotsman (2016), Daudjee and Salem (2004, 2006), arranged as Elle does.
 */

export type Level =
  | 'strong-serializable'
  | 'strong-session-serializable'
  | 'serializable'
  | 'update-serializable'
  | 'repeatable-read'
  | 'strong-snapshot-isolation'
  | 'strong-session-snapshot-isolation'
  | 'snapshot-isolation'
  | 'forward-consistent-view'
  | 'consistent-view'
  | 'parallel-snapshot-isolation'
  | 'prefix'
  | 'causal-cerone'
  | 'update-atomic'
  | 'read-atomic'
  | 'cursor-stability'
  | 'monotonic-view'
  | 'monotonic-snapshot-read'
  | 'monotonic-atomic-view'
  | 'strong-read-committed'
  | 'strong-session-read-committed'
  | 'read-committed'
  | 'strong-read-uncommitted'
  | 'strong-session-read-uncommitted'
  | 'read-uncommitted';

/** Every level with the weaker ones it directly implies. */
const IMPLIES: Readonly<Record<Level, readonly Level[]>> = {
  'strong-serializable': ['strong-session-serializable', 'strong-snapshot-isolation'],
  'strong-session-serializable': ['serializable', 'strong-session-snapshot-isolation'],
  serializable: ['repeatable-read', 'update-serializable', 'snapshot-isolation'],
  'update-serializable': ['forward-consistent-view'],
  'repeatable-read': ['cursor-stability', 'monotonic-atomic-view'],
  'strong-snapshot-isolation': ['strong-session-snapshot-isolation', 'strong-read-committed'],
  'strong-session-snapshot-isolation': ['snapshot-isolation', 'strong-session-read-committed'],
  'snapshot-isolation': [
    'forward-consistent-view',
    'monotonic-atomic-view',
    'monotonic-snapshot-read',
    'parallel-snapshot-isolation',
    'prefix',
  ],
  'forward-consistent-view': ['consistent-view'],
  'consistent-view': ['cursor-stability', 'monotonic-view'],
  'parallel-snapshot-isolation': ['causal-cerone', 'update-atomic'],
  prefix: ['causal-cerone'],
  'causal-cerone': ['read-atomic'],
  'update-atomic': ['read-atomic'],
  'read-atomic': ['monotonic-atomic-view'],
  'cursor-stability': ['read-committed'],
  'monotonic-view': ['read-committed'],
  'monotonic-snapshot-read': ['read-committed'],
  'monotonic-atomic-view': ['read-committed'],
  'strong-read-committed': ['strong-session-read-committed', 'strong-read-uncommitted'],
  'strong-session-read-committed': ['read-committed', 'strong-session-read-uncommitted'],
  'read-committed': ['read-uncommitted'],
  'strong-read-uncommitted': ['strong-session-read-uncommitted'],
  'strong-session-read-uncommitted': ['read-uncommitted'],
  'read-uncommitted': [],
};

/** Strongest first, roughly. */
export const LEVELS: readonly Level[] = Object.keys(IMPLIES) as Level[];

const OTHER_NAMES: Readonly<Record<string, Level>> = {
  'strict-serializable': 'strong-serializable',
  'strict-serializability': 'strong-serializable',
  serializability: 'serializable',
  'strong-si': 'strong-snapshot-isolation',
  'strong-session-si': 'strong-session-snapshot-isolation',
  si: 'snapshot-isolation',
  psi: 'parallel-snapshot-isolation',
};

/** The level of this name, or of another name for it; undefined when there is none. */
export function levelNamed(name: string): Level | undefined {
  const known: readonly string[] = LEVELS;
  return known.includes(name) ? (name as Level) : OTHER_NAMES[name];
}

/** Every anomaly with the ones it is a special case of. */
const SPECIAL_CASE_OF: Readonly<Record<string, readonly string[]>> = {
  G0: ['G1c', 'G0-process'],
  'G0-process': ['G1c-process', 'G0-realtime'],
  'G0-realtime': ['G1c-realtime'],
  G1a: ['G1'],
  G1b: ['G1'],
  G1c: ['G1', 'G1c-process'],
  'G1c-process': ['G1-process', 'G1c-realtime'],
  'G1c-realtime': ['G1-realtime'],
  G1: ['G1-process'],
  'G1-process': ['G1-realtime'],
  'G-single-item': ['G-single', 'G-single-item-process', 'G-nonadjacent-item'],
  'G-single-item-process': ['G-single-process', 'G-single-item-realtime', 'G-nonadjacent-item-process'],
  'G-single-item-realtime': ['G-single-realtime', 'G-nonadjacent-item-realtime'],
  'G-single': ['G-nonadjacent', 'GSIb', 'G-single-process'],
  'G-single-process': ['G-nonadjacent-process', 'G-single-realtime'],
  'G-single-realtime': ['G-nonadjacent-realtime'],
  'G-nonadjacent-item': ['G-nonadjacent', 'G2-item', 'G-nonadjacent-item-process'],
  'G-nonadjacent-item-process': ['G-nonadjacent-process', 'G2-item-process', 'G-nonadjacent-item-realtime'],
  'G-nonadjacent-item-realtime': ['G2-item-realtime', 'G-nonadjacent-realtime'],
  'G-nonadjacent': ['G2', 'G-nonadjacent-process'],
  'G-nonadjacent-process': ['G2-process', 'G-nonadjacent-realtime'],
  'G-nonadjacent-realtime': ['G2-realtime'],
  'G2-item': ['G2', 'G2-item-process'],
  'G2-item-process': ['G2-process', 'G2-item-realtime'],
  'G2-item-realtime': ['G2-realtime'],
  G2: ['G2-process'],
  'G2-process': ['G2-realtime'],
  GSIa: ['GSI'],
  GSIb: ['GSI'],
  'incompatible-order': ['G1a'],
  'future-read': ['G1c'],
  'dirty-update': ['G1a'],
  'garbage-read': ['G1a'],
  'lost-update': ['write-skew', 'G2-item'],
  'write-skew': ['G2'],
  'no-order-serializable': ['no-order-serializable-process'],
  'no-order-serializable-process': ['no-order-serializable-realtime'],
  'no-order-snapshot-isolation': ['no-order-snapshot-isolation-process'],
  'no-order-snapshot-isolation-process': ['no-order-snapshot-isolation-realtime'],
};

/** What each level forbids beyond what weaker ones do. */
const FORBIDS: Readonly<Partial<Record<Level, readonly string[]>>> = {
  'read-uncommitted': ['G0', 'duplicate-elements', 'cyclic-versions'],
  'read-committed': ['G1'],
  'strong-session-read-uncommitted': ['G0-process'],
  'strong-session-read-committed': ['G1c-process'],
  'strong-read-uncommitted': ['G0-realtime'],
  'strong-read-committed': ['G1c-realtime'],
  'monotonic-view': ['G-monotonic'],
  'monotonic-snapshot-read': ['G-MSR'],
  'read-atomic': ['internal', 'G1a', 'future-read'],
  'cursor-stability': ['G-cursor', 'lost-update'],
  'update-atomic': ['lost-update'],
  'consistent-view': ['G-single'],
  'forward-consistent-view': ['G-SIb'],
  'repeatable-read': ['G2-item', 'lost-update'],
  'snapshot-isolation': ['internal', 'G-SI', 'GSI', 'G-nonadjacent', 'no-order-snapshot-isolation'],
  'update-serializable': ['G-update'],
  serializable: ['internal', 'G2', 'no-order-serializable'],
  'strong-session-snapshot-isolation': ['G1-process', 'G-nonadjacent-process', 'no-order-snapshot-isolation-process'],
  'strong-snapshot-isolation': ['G1-realtime', 'G-nonadjacent-realtime', 'no-order-snapshot-isolation-realtime'],
  'strong-session-serializable': ['G1-process', 'G2-process', 'no-order-serializable-process'],
  'strong-serializable': ['G1-realtime', 'G2-realtime', 'no-order-serializable-realtime'],
};

/** The anomalies and all they are special cases of. */
export function impliedAnomalies(anomalies: Iterable<string>): ReadonlySet<string> {
  return closure(anomalies, (anomaly) => SPECIAL_CASE_OF[anomaly] ?? []);
}

/** The anomalies that a level forbids, special cases included. */
export function forbiddenBy(level: Level): ReadonlySet<string> {
  const weaker = closure([level], (one) => IMPLIES[one as Level]);
  const named = [...weaker].flatMap((one) => FORBIDS[one as Level] ?? []);
  const special = new Map<string, string[]>();
  for (const [anomaly, generals] of Object.entries(SPECIAL_CASE_OF)) {
    for (const general of generals) special.set(general, [...(special.get(general) ?? []), anomaly]);
  }
  return closure(named, (anomaly) => special.get(anomaly) ?? []);
}

/** Levels that cannot hold, strongest first. */
export function impossibleLevels(anomalies: Iterable<string>): readonly Level[] {
  const implied = impliedAnomalies(anomalies);
  const direct = new Set(LEVELS.filter((level) => FORBIDS[level]?.some((anomaly) => implied.has(anomaly))));
  return LEVELS.filter((level) =>
    [...closure([level], (one) => IMPLIES[one as Level])].some((one) => direct.has(one as Level)),
  );
}

/** Of the levels ruled out, the ones that imply no other of them: all the rest follows. */
export function weakestOf(levels: readonly Level[]): readonly Level[] {
  const ruledOut = new Set<string>(levels);
  return levels.filter((level) => {
    const weaker = closure(IMPLIES[level], (one) => IMPLIES[one as Level]);
    return ![...weaker].some((one) => ruledOut.has(one));
  });
}

function closure(start: Iterable<string>, next: (one: string) => readonly string[]): ReadonlySet<string> {
  const reached = new Set(start);
  for (const one of reached) for (const other of next(one)) reached.add(other);
  return reached;
}
