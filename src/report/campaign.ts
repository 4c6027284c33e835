/** A campaign for people: the verdict first, then what proves that it tested anything. */
import { type FiguresAccount, figureLines } from './figures.ts';
import { plainStyle, type Style } from './style.ts';
import { counted, grouped, labelled, rounded, spellSeconds, tally } from './words.ts';

export interface CampaignAccount {
  readonly verdict: 'passed' | 'violated' | 'failed' | 'nondeterministic' | 'inconclusive' | 'nothing-ran';
  readonly asExpected: boolean;
  readonly interrupted: boolean;
  readonly reasons: readonly string[];
  readonly protocol: string;
  readonly scenario: string;
  readonly bug?: string;
  readonly profile: string;
  readonly seed: string;
  readonly runs: number;
  readonly counts: { readonly [verdict in 'passed' | 'violated' | 'failed' | 'unknown']: number };
  readonly digest: string;
  readonly groups: readonly {
    readonly signature: string;
    readonly count: number;
    readonly first: { readonly seed: string };
  }[];
  readonly rerunStrictly: number;
  readonly coverage: CoverageAccount;
  readonly events: number;
  readonly simulatedSeconds: number;
  readonly jobs: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

export interface CoverageAccount {
  readonly faults: { readonly [kind: string]: { readonly fired: number; readonly seeds: number } };
  readonly faultsNeverFired: readonly string[];
  readonly messages: {
    readonly [type: string]: { readonly sent: number; readonly delivered: number; readonly dropped: number };
  };
  readonly messagesNeverDelivered: readonly string[];
  readonly operations: { readonly ok: number; readonly fail: number; readonly unknown: number; readonly open: number };
  readonly goals: readonly {
    readonly goal: string;
    readonly title: string;
    readonly seeds: number;
    readonly requiredWithinSeeds?: number;
  }[];
  readonly linearizability: { readonly judged: number; readonly unknown: number };
  readonly faultFreeSeeds: number;
  readonly downgraded: { readonly [kind: string]: number };
  readonly figures?: FiguresAccount;
  readonly liveness?: {
    readonly live: number;
    readonly unrecoverable: number;
    readonly unjudged: number;
    readonly slowestMicros: number;
  };
}

/** One line on top of a campaign's output, printed before it starts: seed first, so that an interrupted campaign can be repeated. */
export function openingLine(subject: {
  readonly scenario: string;
  readonly protocol: string;
  readonly bug?: string;
  readonly profile: string;
  readonly seed: string;
  readonly budget: string;
  readonly jobs: number;
}): string {
  const bug = subject.bug === undefined ? '' : ` with planted bug ${subject.bug}`;
  return (
    `seed ${subject.seed}: scenario ${subject.scenario}, protocol ${subject.protocol}${bug}, ` +
    `profile ${subject.profile}, ${subject.budget}, ${counted(subject.jobs, 'job')}`
  );
}

export function campaignLines(campaign: CampaignAccount, style: Style = plainStyle): string[] {
  return [
    verdictLine(campaign, style),
    ...campaign.reasons.flatMap((reason) => labelled('why', reason)),
    ...(campaign.runs === 0 ? [] : coverageLines(campaign, style)),
  ];
}

function verdictLine(campaign: CampaignAccount, style: Style): string {
  const runs = counted(campaign.runs, 'run');
  const early = campaign.interrupted ? ' before the interruption' : '';
  switch (campaign.verdict) {
    case 'passed':
      return campaign.asExpected
        ? `${style.good(style.bold('PASSED'))}  ${runs}${early}, no violation`
        : `${style.bad(style.bold('NOT FOUND'))}  ${runs}${early}, and not the violation that was expected`;
    case 'inconclusive':
      return `${style.warn(style.bold('INCONCLUSIVE'))}  ${runs}${early}: no violation, but they prove little`;
    case 'nothing-ran':
      return `${style.warn(style.bold('NOTHING RAN'))}  not a single run was made`;
    default:
      return `${campaign.asExpected ? style.good('AS EXPECTED') : style.bad(style.bold(campaign.verdict.toUpperCase()))}  ${runs}${early}; ${findings(campaign)}`;
  }
}

function findings(campaign: CampaignAccount): string {
  const groups = campaign.groups.map(
    ({ signature, count, first }) => `${signature} by ${counted(count, 'seed')} (first: ${first.seed})`,
  );
  return groups.join('; ');
}

function coverageLines(campaign: CampaignAccount, style: Style): string[] {
  const { coverage } = campaign;
  const perSecond = (number: number): string => rounded(number / Math.max(campaign.wallSeconds, 1e-3));
  const speed =
    `${perSecond(campaign.runs)} runs/s, ${perSecond(campaign.events)} events/s; ${spellSeconds(campaign.wallSeconds)} ` +
    `(${spellSeconds(campaign.cpuSeconds)} of processor time), ${rounded(campaign.simulatedSeconds)} s simulated`;
  return [
    ...labelled('faults', faultText(coverage)),
    ...labelled('messages', messageText(coverage)),
    ...labelled('operations', operationText(coverage)),
    ...labelled('goals', goalText(coverage, campaign.runs)),
    ...labelled('checked', checkText(campaign)),
    ...labelled('liveness', livenessText(coverage)),
    ...figureLines(coverage.figures),
    ...labelled('speed', speed),
    ...labelled('digest', style.dim(`${campaign.digest} (seed ${campaign.seed}, ${counted(campaign.runs, 'run')})`)),
  ];
}

function faultText(coverage: CoverageAccount): string {
  const fired = tally(
    Object.fromEntries(Object.entries(coverage.faults).map(([kind, { fired: times }]) => [kind, times])),
  );
  const free = coverage.faultFreeSeeds === 0 ? '' : `; ${counted(coverage.faultFreeSeeds, 'run')} without any`;
  const never = coverage.faultsNeverFired.length === 0 ? '' : `; never: ${coverage.faultsNeverFired.join(', ')}`;
  const weakened = tally(coverage.downgraded);
  const budget = weakened === '' ? '' : `; weakened to what the protocol claims to survive: ${weakened}`;
  return `${fired === '' ? 'none' : fired}${free}${never}${budget}`;
}

function livenessText({ liveness }: CoverageAccount): string {
  if (liveness === undefined) return 'not judged: the protocol publishes no bound, or runs have no calm';
  const { live, unrecoverable, unjudged, slowestMicros } = liveness;
  const slowest = live === 0 ? '' : `, the slowest after ${rounded(slowestMicros / 1_000_000)} s of calm`;
  const rest = [
    unrecoverable === 0 ? '' : `${grouped(unrecoverable)} could not have recovered`,
    unjudged === 0 ? '' : `in ${grouped(unjudged)} nothing was owed`,
  ].filter((text) => text !== '');
  return `${counted(live, 'run')} served and agreed within the published bound${slowest}${rest.map((text) => `; ${text}`).join('')}`;
}

function messageText(coverage: CoverageAccount): string {
  const kinds = Object.values(coverage.messages);
  const total = (field: 'sent' | 'delivered' | 'dropped'): number => kinds.reduce((sum, kind) => sum + kind[field], 0);
  const never =
    coverage.messagesNeverDelivered.length === 0
      ? ''
      : `; never delivered: ${coverage.messagesNeverDelivered.join(', ')}`;
  const byKind = Object.entries(coverage.messages)
    .sort(([, one], [, other]) => other.sent - one.sent)
    .map(([type, { sent }]) => `${type} ${rounded(sent)}`);
  return `${rounded(total('sent'))} sent, ${rounded(total('delivered'))} delivered, ${rounded(total('dropped'))} dropped; of ${byKind.join(', ')}${never}`;
}

function operationText({ operations }: CoverageAccount): string {
  const { ok, fail, unknown, open } = operations;
  return `${grouped(ok)} acknowledged, ${grouped(fail)} refused, ${grouped(unknown)} given up, ${grouped(open)} open at the end`;
}

function goalText({ goals }: CoverageAccount, runs: number): string {
  if (goals.length === 0) return 'the protocol declares none';
  const reached = goals.filter(({ seeds }) => seeds > 0);
  const missed = goals.filter(({ seeds }) => seeds === 0);
  const rare = reached.map(({ goal, seeds }) => `${goal} ${grouped(seeds)}`).join(', ');
  const never = missed.length === 0 ? '' : `; never: ${missed.map(({ goal }) => goal).join(', ')}`;
  return `${reached.length} of ${goals.length} reached, in how many of ${grouped(runs)}: ${rare === '' ? '-' : rare}${never}`;
}

function checkText(campaign: CampaignAccount): string {
  const { judged, unknown } = campaign.coverage.linearizability;
  const histories =
    judged === 0 && unknown === 0
      ? 'no client history was judged for linearizability'
      : `${grouped(judged)} client ${judged === 1 ? 'history' : 'histories'} judged linearizable, ${grouped(unknown)} undecided`;
  return `${histories}; ${counted(campaign.rerunStrictly, 'run')} repeated strictly with the same digest`;
}
