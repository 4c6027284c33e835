/** Refuses a run that makes no sense before it begins: the alternative is a fault that never fires or a clock that never ends. */
import type { Calm, Distribution, RunSpec, WorkloadStream } from './config.ts';
import { ContractError } from './context.ts';
import type { Fault, LinkQuality, Override } from './faults.ts';

/** Throws a ContractError that names the part of the specification and what is wrong with it. */
export function checkSpec(spec: RunSpec, roles: readonly string[]): void {
  for (const { id, role } of spec.nodes) mustBeRole(`node "${id}"`, role, roles);
  spec.faults.forEach((fault, i) => {
    checkFault(`fault ${i} (${fault.kind})`, fault, roles);
  });
  checkDistribution('network.latency', spec.network.latency);
  if (spec.network.copyLatency !== undefined) checkDistribution('network.copyLatency', spec.network.copyLatency);
  checkCapacity('network.capacity', spec.network.capacity);
  checkDistribution('disk.syncLatency', spec.disk.syncLatency);
  checkCalls(spec);
  if (spec.workload !== undefined) checkWorkload(spec.workload, spec);
  if (spec.calm !== undefined) checkCalm(spec.calm, spec);
  for (const override of spec.overrides) checkOverride(override);
}

function mustBeRole(what: string, role: string, roles: readonly string[]): void {
  if (roles.includes(role)) return;
  throw new ContractError(`${what}: there is no role "${role}" (there are ${roles.join(', ')})`);
}

function checkFault(what: string, fault: Fault, roles: readonly string[]): void {
  if (fault.kind === 'join') mustBeRole(what, fault.role, roles);
  if (fault.at !== undefined) mustBeDuration(`${what}: at`, fault.at);
  if ('for' in fault && fault.for !== undefined) mustBeDuration(`${what}: for`, fault.for);
  if (fault.kind === 'degrade') checkQuality(what, fault);
  else if ('latency' in fault) mustBeDuration(`${what}: latency`, fault.latency);
  if (fault.kind === 'clock-rate' && !(fault.ppm > -1_000_000))
    throw new ContractError(`${what}: a clock rate of ${fault.ppm} ppm would stop the clock`);
  if (fault.kind === 'clock-drift' && !(fault.ppm >= 0 && fault.ppm < 1_000_000))
    throw new ContractError(`${what}: ppm is ${fault.ppm}: it must be from 0 to 999,999`);
  checkTempo(what, fault);
}

/** What goes on again and again must take time, and come to an end. */
function checkTempo(what: string, fault: Fault): void {
  const positive = (field: string, value: number): void => {
    mustBeDuration(`${what}: ${field}`, value);
    if (value < 1) throw new ContractError(`${what}: ${field} is 0: it must be at least 1 microsecond`);
  };
  if (fault.kind === 'clock-drift') positive('every', fault.every);
  if (fault.kind === 'slow-node') positive('cost', fault.cost);
  if (fault.kind === 'timer-jitter') positive('max', fault.max);
  if (fault.kind === 'flapping') {
    positive('cut', fault.cut);
    positive('healed', fault.healed);
  }
  if (fault.kind !== 'crash-loop') return;
  positive('down', fault.down);
  positive('up', fault.up);
  if (!Number.isSafeInteger(fault.times) || fault.times < 1)
    throw new ContractError(`${what}: times is ${fault.times}: it must be a whole number, at least 1`);
}

function checkQuality(what: string, { latency, capacity }: LinkQuality): void {
  if (latency !== undefined) checkDistribution(`${what}: latency`, latency);
  checkCapacity(`${what}: capacity`, capacity);
}

function checkCapacity(what: string, capacity: number | undefined): void {
  if (capacity === undefined || (Number.isSafeInteger(capacity) && capacity >= 1)) return;
  throw new ContractError(`${what} is ${capacity}: it must be a whole number of messages, at least 1`);
}

function mustBeDuration(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new ContractError(`${what} is ${value}: it must be a whole number of microseconds, 0 or more`);
}

function checkDistribution(what: string, distribution: Distribution): void {
  for (const [field, value] of Object.entries(distribution))
    if (field !== 'kind') mustBeDuration(`${what}.${field}`, value as number);
  if ('max' in distribution && distribution.max < distribution.min)
    throw new ContractError(`${what}: max ${distribution.max} is below min ${distribution.min}`);
  if (distribution.kind === 'bimodal' && distribution.slowMax < distribution.max)
    throw new ContractError(`${what}: slowMax ${distribution.slowMax} is below max ${distribution.max}`);
}

function checkCalls(spec: RunSpec): void {
  const known = new Set(spec.nodes.map(({ id }) => id));
  for (const { client, at } of spec.calls) {
    // There are hundreds, and nearly always nothing to say.
    if (known.has(client) && Number.isSafeInteger(at) && at >= 0) continue;
    mustExist(`a call of "${client}"`, client, spec);
    mustBeDuration(`a call of "${client}": at`, at);
  }
}

function checkCalm(calm: Calm, spec: RunSpec): void {
  mustBeDuration('calm.at', calm.at);
  mustBeDuration('calm.every', calm.every);
  if (calm.every === 0) throw new ContractError('calm.every is 0: time would not advance');
  checkDistribution('calm.latency', calm.latency);
  checkDistribution('calm.syncLatency', calm.syncLatency);
  for (const node of calm.core) mustExist(`calm.core`, node, spec);
  for (const { client } of calm.calls) {
    if (calm.core.includes(client)) continue;
    throw new ContractError(`a call of "${client}" in the calm: it is not in the core`);
  }
}

function mustExist(what: string, client: string, { nodes, faults }: RunSpec): void {
  const joins = faults.some((fault) => fault.kind === 'join' && fault.node === client);
  if (joins || nodes.some(({ id }) => id === client)) return;
  throw new ContractError(`${what}: there is no such node, and none joins`);
}

function checkWorkload({ interval, clients, operations }: WorkloadStream, spec: RunSpec): void {
  if (!(interval >= 1)) throw new ContractError(`workload.interval is ${interval}: it must be at least 1 microsecond`);
  if (operations.length === 0) throw new ContractError('workload.operations is empty: there is nothing to call');
  for (const client of clients) mustExist(`the workload of "${client}"`, client, spec);
}

function checkOverride(override: Override): void {
  if ('timer' in override) {
    if (!/^[^/]+\/.+#[1-9][0-9]*$/.test(override.timer))
      throw new ContractError(`override "${override.timer}": it names no timer (as in n3/election#4)`);
    mustBeDuration(`override "${override.timer}": delay`, override.delay);
    return;
  }
  if (!/^[^>]+>[^/]+\/.+#[1-9][0-9]*$/.test(override.message))
    throw new ContractError(`override "${override.message}": it names no message (as in n1>n2/AppendEntries#17)`);
  if ('latency' in override) mustBeDuration(`override "${override.message}": latency`, override.latency);
}
