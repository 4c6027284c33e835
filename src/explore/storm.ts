/**
 * Storms: servers restart again and again, and some messages take so long that they arrive in another life than they were meant for, while
 * others on the same link overtake them. What a protocol believes of a message that is two lives old is seldom seen otherwise: faults that
 * come one by one leave every node the time to hear the news. No other faults are drawn in a storm (what the
 * network loses, clocks, disks and operators stay): what is to go wrong takes work that gets somewhere between two restarts. With all other faults
 * beside it bugs were found ten times less often.
 */
import type { Scenario } from '../scenario/scenario.ts';
import type { NetworkModel } from '../sim/config.ts';
import type { Fault } from '../sim/faults.ts';
import type { Micros, NodeId, Tolerance } from '../sim/protocol.ts';
import { isSynchronous, withinBudget } from './budget.ts';
import type { Draw } from './draw.ts';
import type { Profile } from './profile.ts';

/** How often a server restarts at most. */
const TIMES_MAX = 20;

export interface Weather {
  readonly network: NetworkModel;
  readonly faults: readonly Fault[];
}

/** What a storm is drawn for: the run without it. */
export interface StormSetting extends Weather {
  readonly tolerates: Tolerance;
  readonly scenario: Scenario;
  readonly profile: Profile;
  readonly servers: readonly NodeId[];
  readonly base: Micros;
  /** It is over by then. */
  readonly quietFrom: Micros;
}

/** The run with a storm in the place of its faults, or as it was. Draws only of its own: all runs without a storm stay as they are. */
export function drawStorm(setting: StormSetting, draw: Draw): Weather {
  const { network, faults, tolerates, scenario, profile, servers, base, quietFrom } = setting;
  if (!draw.chance(profile.stormPercent) || !mayStorm(setting)) return { network, faults };
  const struck = draw.chance(50) ? servers : draw.sample(servers, draw.between(1, servers.length));
  const loops = struck.flatMap((node): Fault[] => {
    const at = draw.between(0, Math.floor(quietFrom / 3));
    const down = draw.acrossScales(base / 16, base / 2);
    const up = draw.acrossScales(base * 2, base * 8);
    const times = Math.min(TIMES_MAX, Math.floor((quietFrom - at) / (down + up)));
    const loop: Fault = { kind: 'crash-loop', node, at, times, down, up };
    const bearable = times < 1 ? undefined : withinBudget(loop, tolerates);
    return bearable === undefined ? [] : [bearable];
  });
  return {
    network: { ...network, ...drawStragglers(tolerates, base, draw), ...scenario.network },
    faults: loops,
  };
}

/** Where the scenario, or the protocol's model, leaves room for all of it. */
function mayStorm({ faults, tolerates, scenario }: StormSetting): boolean {
  const { chaos } = scenario;
  const { faultsMax, from, to, gap } = chaos;
  if (faults.length === 0 || chaos.weights?.['crash-loop'] === 0) return false;
  if (faultsMax !== undefined || from !== undefined || to !== undefined || gap !== undefined) return false;
  if (chaos.faults !== undefined && !chaos.faults.includes('crash-loop')) return false;
  return tolerates.crashes && tolerates.reordering && !isSynchronous(tolerates);
}

function drawStragglers(tolerates: Tolerance, base: Micros, draw: Draw): Partial<NetworkModel> {
  const typical = draw.acrossScales(base / 80, base / 16);
  const slowMax = 2 * typical + draw.acrossScales(base, base * 8);
  const slowPpm = draw.acrossScales(50_000, 200_000);
  return {
    latency: { kind: 'bimodal', min: Math.max(1, Math.floor(typical / 2)), max: 2 * typical, slowMax, slowPpm },
    ...(tolerates.duplication ? { duplicationPpm: draw.between(50_000, 400_000) } : {}),
    fifo: false,
  };
}
