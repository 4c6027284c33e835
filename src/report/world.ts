/** The world of one run in a few words: all that was drawn for it, so that it can be set by hand. */
import type { Distribution, RunSpec } from '../sim/config.ts';
import type { Json } from '../sim/plain.ts';
import type { Micros } from '../sim/protocol.ts';
import { inMilliseconds, spellDuration } from '../timeline/time.ts';
import { labelled, tally } from './words.ts';

type Options = { readonly [name: string]: { readonly kind: string; readonly default: Json } };

/** @param options of the protocol, with their defaults. */
export function worldLines(plan: RunSpec, options: Options): string[] {
  return [
    ...labelled('network', networkText(plan)),
    ...labelled('nodes', nodesText(plan, options)),
    ...labelled('chaos', chaosText(plan)),
  ];
}

function networkText({ network, disk }: RunSpec): string {
  const { latency, lossPpm, duplicationPpm, copyLatency, fifo, capacity } = network;
  return [
    `latency ${tellDistribution(latency)}`,
    `loss ${percent(lossPpm)}`,
    `duplication ${percent(duplicationPpm)}`,
    ...(copyLatency === undefined ? [] : [`copies take ${tellDistribution(copyLatency)}`]),
    fifo ? 'links keep order' : 'messages overtake each other',
    ...(capacity === undefined ? [] : [`${capacity} messages at a time on a link`]),
    `syncs ${tellDistribution(disk.syncLatency)}`,
  ].join(', ');
}

function nodesText({ nodes }: RunSpec, options: Options): string {
  const counts: { [role: string]: number } = {};
  for (const { role } of nodes) counts[role] = (counts[role] ?? 0) + 1;
  const drawn = (nodes[0]?.options ?? {}) as { readonly [name: string]: Json };
  const unusual = Object.entries(drawn).filter(([name, value]) => isUnusual(value, options[name]?.default));
  const rates = nodes.flatMap(({ id, clock }) =>
    clock === undefined || clock.ratePpm === 0 ? [] : [`${id} ${signedPercent(clock.ratePpm)}`],
  );
  return [
    tally(counts),
    ...unusual.map(([name, value]) => `${name} ${tellOption(value, options[name]?.kind)}`),
    ...(rates.length === 0 ? [] : [`clock rates ${rates.join(' ')}`]),
  ].join(', ');
}

const isUnusual = (value: Json, usual: Json | undefined): boolean => JSON.stringify(value) !== JSON.stringify(usual);

const tellOption = (value: Json, kind: string | undefined): string =>
  kind === 'duration' ? spellDuration(value as Micros) : typeof value === 'string' ? value : JSON.stringify(value);

function chaosText({ faults, calm, seed }: RunSpec): string {
  const kinds: { [kind: string]: number } = {};
  for (const { kind } of faults) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const planned = faults.length === 0 ? 'no faults' : `faults planned: ${tally(kinds)}`;
  const end = calm === undefined ? '' : `; calm from ${spellDuration(calm.at)} on among ${calm.core.join(' ')}`;
  return `${planned}${end}; seed ${seed}`;
}

function tellDistribution(distribution: Distribution): string {
  switch (distribution.kind) {
    case 'constant':
      return `${inMilliseconds(distribution.value)} ms`;
    case 'uniform':
      return `${inMilliseconds(distribution.min)}..${inMilliseconds(distribution.max)} ms`;
    case 'exponential':
      return `exponential, ${inMilliseconds(distribution.min)} ms + mean ${inMilliseconds(distribution.mean)} ms`;
    case 'log-normal':
      return `log-normal, median ${inMilliseconds(distribution.median)} ms`;
    case 'bimodal':
      return `${inMilliseconds(distribution.min)}..${inMilliseconds(distribution.max)} ms, ${percent(distribution.slowPpm)} up to ${inMilliseconds(distribution.slowMax)} ms`;
  }
}

const percent = (ppm: number): string => `${Number((ppm / 10_000).toFixed(2))} %`;
const signedPercent = (ppm: number): string => `${ppm > 0 ? '+' : ''}${percent(ppm)}`;
