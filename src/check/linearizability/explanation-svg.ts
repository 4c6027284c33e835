/**
 * A picture of a part of a history: a lane for each client, a bar from call to return for each operation, and through
 * them the line of the longest order, one dot for each instant at which an operation takes effect.
 */
import type { Operation } from '../../sim/history.ts';
import type { Model } from '../model.ts';
import type { Explanation } from './explain.ts';
import { describeOperation } from './explanation-text.ts';

export interface SvgOptions {
  /** Things that happened besides the operations, e.g. faults: a vertical line each. */
  readonly marks?: readonly { readonly at: number; readonly text: string }[];
  /** Operations shown at most, the ones up to the blamed return. Default 120. */
  readonly operationsMax?: number;
}

const LANE = 50;
const BAR = 36;
/** Where dots stand on a bar, below its words. */
const DOT = 27;
/** Width of one instant: generous where there are few. */
const STEP_WIDE = 72;
const STEP_NARROW = 34;
const WIDE_UNTIL = 40;
const MARGIN = { left: 96, top: 56, right: 40, bottom: 30 };

/** A complete SVG document. Light and dark backgrounds both work. */
export function explanationSvg<State, Input, Output>(
  explanation: Explanation,
  operations: readonly Operation[],
  model: Model<State, Input, Output>,
  options: SvgOptions = {},
): string {
  const shown = chooseOperations(explanation, operations, options.operationsMax ?? 120);
  const lanes = [...new Set(shown.map((index) => (operations[index] as Operation).process))];
  const scale = new Scale(
    shown.map((index) => operations[index] as Operation),
    options.marks ?? [],
  );
  const width = MARGIN.left + scale.width + MARGIN.right;
  const height = MARGIN.top + lanes.length * LANE + MARGIN.bottom;
  const top = (index: number): number => MARGIN.top + lanes.indexOf((operations[index] as Operation).process) * LANE;
  const points = orderPoints(explanation, operations, new Set(shown), scale, top);
  const title =
    explanation.key === undefined ? 'Not linearizable' : `Not linearizable: ${JSON.stringify(explanation.key)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="title" x="16" y="26">${escapeText(title)}</text>`,
    ...lanes.map((process, lane) => laneLine(process, MARGIN.top + lane * LANE, width)),
    ...(options.marks ?? []).map(({ at, text }) => markLine(scale.x(at), height, text)),
    ...shown.map((index) => bar(index, explanation, operations[index] as Operation, model, scale, top(index))),
    points.length > 1 ? `<polyline class="order" points="${points.map(({ x, y }) => `${x},${y}`).join(' ')}"/>` : '',
    ...points.map(({ x, y, number, state }) => dot(x, y, number, state)),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = [
  'text{font:12px system-ui,sans-serif;fill:#1f2328}',
  '.ground{fill:#fff}.title{font-size:15px;font-weight:600}.lane{stroke:#d0d7de}',
  '.bar{fill:#ddf4ff;stroke:#0969da}.bar.blamed{fill:#ffebe9;stroke:#cf222e;stroke-width:2}',
  '.bar.unknown{fill:#fff8c5;stroke:#9a6700;stroke-dasharray:5 3}.bar.minimal{stroke-width:2}',
  '.order{fill:none;stroke:#8250df;stroke-width:1.5}.dot{fill:#8250df}.number{font-size:9px;fill:#8250df}',
  '.mark{stroke:#bc4c00;stroke-dasharray:2 3}.marktext{font-size:10px;fill:#bc4c00}',
].join('');

/** All of a small part; else the operations that fail by themselves and those nearest to the blamed return. */
function chooseOperations(explanation: Explanation, operations: readonly Operation[], max: number): readonly number[] {
  if (explanation.operations.length <= max) return explanation.operations;
  const blamedReturn = (operations[explanation.blame] as Operation).returned;
  const before = explanation.operations.filter((index) => (operations[index] as Operation).called <= blamedReturn);
  const kept = new Set([
    ...explanation.minimal.slice(-max),
    ...before.slice(-Math.max(0, max - explanation.minimal.length)),
  ]);
  return explanation.operations.filter((index) => kept.has(index));
}

/** One step for every instant at which something happens. */
class Scale {
  readonly width: number;
  readonly #times: readonly number[];
  readonly #step: number;

  constructor(operations: readonly Operation[], marks: readonly { readonly at: number }[]) {
    const times = new Set<number>(marks.map(({ at }) => at));
    for (const { called, returned } of operations) {
      times.add(called);
      if (Number.isFinite(returned)) times.add(returned);
    }
    this.#times = [...times].sort((left, right) => left - right);
    this.#step = this.#times.length > WIDE_UNTIL ? STEP_NARROW : STEP_WIDE;
    this.width = (this.#times.length + 1) * this.#step;
  }

  x(time: number): number {
    return MARGIN.left + this.rank(time) * this.#step;
  }

  rank(time: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function laneLine(process: string, top: number, width: number): string {
  const middle = top + BAR / 2;
  return `<line class="lane" x1="${MARGIN.left}" y1="${middle}" x2="${width}" y2="${middle}"/><text x="16" y="${middle + 4}">${escapeText(process)}</text>`;
}

function markLine(x: number, height: number, text: string): string {
  return `<line class="mark" x1="${x}" y1="${MARGIN.top - 14}" x2="${x}" y2="${height}"/><text class="marktext" x="${x + 3}" y="${MARGIN.top - 8}">${escapeText(text)}</text>`;
}

function bar<State, Input, Output>(
  index: number,
  { blame, minimal }: Explanation,
  operation: Operation,
  model: Model<State, Input, Output>,
  scale: Scale,
  top: number,
): string {
  const unknown = operation.outcome === 'unknown';
  const left = scale.x(operation.called);
  const right = unknown ? MARGIN.left + scale.width : scale.x(operation.returned);
  const kinds = [
    'bar',
    index === blame ? 'blamed' : '',
    unknown ? 'unknown' : '',
    minimal.includes(index) ? 'minimal' : '',
  ];
  const words = describeOperation(operation, model);
  const when = `called at ${operation.called}, ${unknown ? 'no answer: it may take effect at any later time, or never' : `returned at ${operation.returned}`}`;
  const room = Math.floor((right - left - 8) / 6.2);
  const label = words.length > room ? `${words.slice(0, Math.max(0, room - 1))}…` : words;
  return [
    `<g><title>${escapeText(`${operation.process}: ${words}; ${when}`)}</title>`,
    `<rect class="${kinds.filter((kind) => kind !== '').join(' ')}" x="${left}" y="${top}" width="${Math.max(6, right - left)}" height="${BAR}" rx="4"/>`,
    `<text x="${left + 5}" y="${top + 15}">${escapeText(label)}</text></g>`,
  ].join('');
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly number: number;
  readonly state: string;
}

/** Where each operation of the longest order takes effect: as early as its call and the ones before it allow. */
function orderPoints(
  { orders }: Explanation,
  operations: readonly Operation[],
  shown: ReadonlySet<number>,
  scale: Scale,
  top: (index: number) => number,
): readonly Point[] {
  const points: Point[] = [];
  let x = MARGIN.left;
  for (const [place, { operation, state }] of (orders[0]?.steps ?? []).entries()) {
    if (!shown.has(operation)) continue;
    const { called, returned } = operations[operation] as Operation;
    const latest = Number.isFinite(returned) ? scale.x(returned) - 1 : Number.POSITIVE_INFINITY;
    x = Math.min(Math.max(x + 5, scale.x(called) + 6), latest);
    points.push({ x, y: top(operation) + DOT, number: place + 1, state });
  }
  return points;
}

function dot(x: number, y: number, number: number, state: string): string {
  return `<g><title>${escapeText(`${number}. then: ${state}`)}</title><circle class="dot" cx="${x}" cy="${y}" r="3.5"/><text class="number" x="${x + 5}" y="${y + 3}">${number}</text></g>`;
}

function escapeText(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (letter) => escapes[letter] as string);
}
