/** The panes beside the ladder: the event and what it changed, the protocol's own tables, properties, what is on its way. */
import type { Standing } from '../session/recording.ts';
import type { NodeId, Panel } from '../sim/protocol.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { nameOf } from '../timeline/chronicle.ts';
import type { Film } from '../timeline/film.ts';
import { clipped, cut, type Ink, type Line, lineOf, span, wrapText } from '../timeline/ink.ts';
import type { StageSnapshot } from '../timeline/stage.ts';
import { differenceLine, differencesOf, stateLines } from '../timeline/state-diff.ts';
import { what } from '../timeline/step-index.ts';
import { spaced, type Teller } from '../timeline/tell.ts';
import { inMilliseconds, spellDuration } from '../timeline/time.ts';
import { diskLines } from './disk-logs.ts';
import { leaseLines } from './leases.ts';
import { limitOf } from './lesson.ts';
import type { ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

// --- The event -----------------------------------------------------------------------------------------------------------------------

/** `#118  deliver n5 → n3  ...`: what happened, as exactly as it is known. */
export function eventLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const film = viewer.film(state);
  if (film.length === 0) return [lineOf('nothing happened in this run', 'dim')];
  const { step } = film.scene(state.place);
  const head = step.events[0] as TraceEvent;
  const first = [`#${step.event}`, `${inMilliseconds(step.at)} ms`, ...factsOf(head, film, viewer.teller)].join('  ');
  return [
    ...wrapText(first, width).map((text) => lineOf(text, 'bold')),
    ...wrapText(viewer.narrate(state), width).map((text) => lineOf(text)),
  ];
}

/** How long something was on its way: since the event that brought it about. */
function tookWords({ at, cause }: TraceEvent, { index }: Film): string {
  return spellDuration(at - (cause === undefined ? at : (index.times[index.placeOf(cause)] as number)));
}

function factsOf(event: TraceEvent, film: Film, teller: Teller): string[] {
  const cause = event.cause === undefined || event.cause === 0 ? [] : [`cause #${event.cause}`];
  switch (event.kind) {
    case 'deliver': {
      const took = tookWords(event, film);
      return [`m${event.id} ${event.from} → ${event.node}, took ${took}`, teller.message(event.message), ...cause];
    }
    case 'drop':
      return [
        `m${event.id} ${event.from} → ${event.to} lost: ${event.reason}`,
        teller.message(event.message),
        ...cause,
      ];
    case 'timer':
      return [`timer ${spaced(event.timer)} at ${event.node}`, ...cause];
    case 'fault':
      return [`fault ${event.id}: ${nameOf({ fault: event.fault, node: undefined })}`, ...cause];
    default:
      return [spaced(event.kind), ...('node' in event && event.node !== undefined ? [event.node] : []), ...cause];
  }
}

/** The same in one line: what happened, and the numbers behind it. */
export function shortEvent(viewer: Viewer, state: ViewState, width: number): Line {
  const film = viewer.film(state);
  if (film.length === 0) return lineOf('nothing happened in this run', 'dim');
  const { step } = film.scene(state.place);
  const head = step.events[0] as TraceEvent;
  const facts = head.kind === 'deliver' ? [`m${head.id}`, tookWords(head, film)] : [];
  const cause = head.cause === undefined || head.cause === 0 ? [] : [`of #${head.cause}`];
  const numbers = [`#${step.event}`, ...facts, ...cause].join(' ');
  return [span(`${numbers}  `, 'bold'), span(cut(viewer.narrate(state), width - numbers.length - 2))];
}

/** The node whose state the event may have changed. */
function actorAt(viewer: Viewer, state: ViewState): NodeId | undefined {
  const film = viewer.film(state);
  return film.length === 0 ? undefined : film.index.at(state.place).node;
}

function changeLines(viewer: Viewer, state: ViewState, width: number, node: NodeId | undefined): Line[] {
  if (node === undefined) return [lineOf('no node is concerned', 'dim')];
  const recording = viewer.recording(state);
  const event = viewer.event(state);
  const after = recording.stateAt(event, node);
  if (after === undefined) return wrapText(whyUnseen(viewer, state, node), width).map((text) => lineOf(text, 'dim'));
  if (state.shows === 'state') return stateLines(after, width);
  const before = stateBefore(viewer, state, node);
  const found = differencesOf(before, after);
  if (found.length === 0) return [lineOf('nothing in its state', 'dim')];
  return found.map((difference) => differenceLine(difference, width));
}

/** Why a node has no state to be seen, and where it has one again. */
function whyUnseen(viewer: Viewer, state: ViewState, node: NodeId): string {
  const status = viewer.film(state).stageAfter(state.place).looks.get(node)?.status;
  if (status === 'down') return `${node} is down`;
  if (status === 'paused') return `${node} stands still in the middle of its handler`;
  const { index } = viewer.film(state);
  const waits = `${node} waits in the middle of its handler, e.g. for its disk; what it has changed shows when that goes on`;
  // A lesson does not point to what is to come: neither where it goes on, nor that it never does.
  const limit = limitOf(viewer, state);
  let tries = 0;
  for (let place = state.place + 1; place < index.length && tries < STATES_TRIED; place++) {
    if (place > limit) return waits;
    const { node: at, event, flags } = index.at(place);
    if (at !== node) continue;
    if ((flags & (what.crash | what.boot)) !== 0) break;
    tries++;
    if (viewer.recording(state).stateAt(event, node) === undefined) continue;
    return `${waits}: see #${event}`;
  }
  const isTheEnd = state.place === index.length - 1 && viewer.recording(state).isOver;
  return isTheEnd
    ? `${node} is in the middle of a handler, where the run ended`
    : `${node} is in the middle of a handler that never goes on`;
}

/** A node that waited for its disk had no state to be seen: the last one before counts. */
function stateBefore(viewer: Viewer, state: ViewState, node: NodeId): unknown {
  const { index } = viewer.film(state);
  const earlier: number[] = [];
  for (let place = state.place - 1; place >= 0 && earlier.length < STATES_TRIED; place--) {
    const { node: at, event, flags } = index.at(place);
    if (at !== node) continue;
    // Before a crash it was another process, with another memory.
    if ((flags & (what.crash | what.boot | what.firstBoot)) !== 0) break;
    earlier.unshift(event - 1);
  }
  return viewer.recording(state).stateBefore(viewer.event(state), node, earlier);
}

const STATES_TRIED = 8;

// --- The protocol's tables -----------------------------------------------------------------------------------------------------------

/** Logs of all nodes below one another, then the tables of one node. */
function panelLines(viewer: Viewer, state: ViewState, width: number, node: NodeId | undefined): Line[] {
  const { looks } = viewer.worldAt(state);
  const panels = [...looks.values()].flatMap((look) =>
    look.status === 'down' ? [] : (look.view?.panels ?? []).map((panel) => ({ node: look.node, look, panel })),
  );
  const logs = panels.flatMap(({ node: owner, panel }) => (panel.kind === 'log' ? [{ owner, panel }] : []));
  const titles = [...new Set(logs.map(({ panel }) => panel.title))];
  const own = panels.filter(({ node: owner, panel }) => owner === node && panel.kind === 'table');
  const leases = panels.flatMap(({ node: owner, panel }) =>
    panel.kind === 'lease' ? [{ owner, panel, clocks: viewer.clocksAt(state, owner) }] : [],
  );
  const disks = [...looks.values()].map(({ node: owner, status }) => ({
    node: owner,
    isUp: status !== 'down',
    logs: viewer.logsAt(state, owner),
  }));
  return [
    ...leaseLines(leases, width),
    ...titles.flatMap((title) =>
      logTable(
        title,
        logs.filter(({ panel }) => panel.title === title),
        width,
      ),
    ),
    ...diskLines(disks, viewer.teller, width),
    ...own.flatMap(({ panel }) => (panel.kind === 'table' ? tableLines(panel, node ?? '', width) : [])),
  ];
}

type LogPanel = Extract<Panel, { kind: 'log' }>;

/** All logs with the same index in the same column; what is not settled has a dot. */
function logTable(title: string, logs: readonly { owner: NodeId; panel: LogPanel }[], width: number): Line[] {
  const cell = Math.max(2, ...logs.flatMap(({ panel }) => panel.cells.map((text) => Math.min(text.length, 6)))) + 1;
  const label = Math.max(title.length, ...logs.map(({ owner }) => owner.length)) + 1;
  const ends = logs.map(({ panel }) => panel.first + panel.cells.length - 1);
  const last = Math.max(...ends);
  const room = Math.max(1, Math.floor((width - label - 8) / cell));
  const first = Math.max(1, Math.min(...logs.map(({ panel }) => panel.first)), last - room + 1);
  const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  const head = `${title.slice(0, label - 1).padEnd(label)}${indexes.map((i) => String(i).padStart(cell)).join('')}`;
  return [
    lineOf(`${head.padEnd(label + room * cell)}  settled`, 'dim'),
    ...logs.map(({ owner, panel }) => logLine(owner, panel, indexes, label, cell, room)),
  ];
}

function logLine(
  owner: NodeId,
  panel: LogPanel,
  indexes: readonly number[],
  label: number,
  cell: number,
  room: number,
): Line {
  const cells = indexes.map((index) => {
    const text = panel.cells[index - panel.first];
    if (text === undefined) return span(' '.repeat(cell));
    const isSettled = index <= panel.settled;
    return span(cut(`${text}${isSettled ? '' : '·'}`, cell).padStart(cell), isSettled ? 'plain' : 'candidate');
  });
  const used = indexes.length * cell;
  const end = `${' '.repeat(Math.max(0, room * cell - used))}  ${panel.settled}`;
  return [span(owner.padEnd(label), 'bold'), ...cells, span(end, 'dim')];
}

function tableLines(panel: Extract<Panel, { kind: 'table' }>, node: NodeId, width: number): Line[] {
  const rows = [panel.columns, ...panel.rows.map((row) => row.map(String))];
  const widths = panel.columns.map((_, i) => Math.min(18, Math.max(...rows.map((row) => (row[i] ?? '').length))));
  const text = (row: readonly string[]): string =>
    row.map((cell, i) => cut(cell, widths[i] ?? 0).padEnd(widths[i] ?? 0)).join('  ');
  return [
    lineOf(`${node} ${panel.title}`, 'title'),
    ...rows.map((row, i) => clipped(lineOf(`  ${text(row)}`, i === 0 ? 'dim' : 'plain'), width)),
  ];
}

// --- Properties ----------------------------------------------------------------------------------------------------------------------

const standingSigns: { readonly [state in Standing['state']]: { readonly sign: string; readonly ink: Ink } } = {
  holds: { sign: '✓', ink: 'good' },
  broken: { sign: '‼', ink: 'bad' },
  reached: { sign: '●', ink: 'note' },
  pending: { sign: '·', ink: 'dim' },
};

/** What is broken first, and why; then what holds; then goals. */
function propertyLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const standings = viewer.recording(state).standingsAt(viewer.event(state));
  const broken = standings.filter((one) => one.state === 'broken');
  const holds = standings.filter((one) => one.state === 'holds');
  const goals = standings.filter((one) => one.kind === 'sometimes');
  return [
    ...broken.flatMap(({ name, title, sentence }) => [
      ...wrapText(`‼ ${name}: ${title}`, width).map((text) => lineOf(text, 'bad')),
      ...wrapText(`${sentence ?? ''}`, width - 2).map((text) => lineOf(`  ${text}`)),
    ]),
    ...wrapped(holds, width),
    ...wrapped(
      goals.filter((one) => one.state === 'reached'),
      width,
    ),
    ...wrapped(
      goals.filter((one) => one.state === 'pending'),
      width,
    ),
  ];
}

/** `✓ ES  ✓ LM  ...`, as many to a line as fit. */
function wrapped(standings: readonly Standing[], width: number): Line[] {
  const lines: Line[] = [];
  let line: ReturnType<typeof span>[] = [];
  let used = 0;
  for (const { name, state } of standings) {
    const { sign, ink } = standingSigns[state];
    const text = `${sign} ${name}  `;
    if (used + text.length > width && line.length > 0) {
      lines.push(line);
      line = [];
      used = 0;
    }
    line.push(span(text, ink));
    used += text.length;
  }
  return line.length > 0 ? [...lines, line] : lines;
}

/** What may happen next: messages on their way, those that will be lost, open operations, faults in force. */
function pendingLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const film = viewer.film(state);
  if (film.length === 0) return [];
  const stage = film.stageAfter(state.place);
  const now = film.index.at(state.place).at;
  return [
    ...flightLines(stage, viewer.teller, now, width),
    ...[...stage.calls.values()].map((call) =>
      lineOf(
        cut(
          `○ ${call.node} waits for ${viewer.teller.operation(call.op as never)}, asked ${spellDuration(now - call.at)} ago`,
          width,
        ),
        'client',
      ),
    ),
    ...stage.cuts.faults.map((fault) =>
      lineOf(cut(`in force: ${nameOf({ fault: fault.fault, node: fault.node })}`, width), 'fault'),
    ),
  ];
}

function flightLines(stage: StageSnapshot, teller: Teller, now: number, width: number): Line[] {
  const flights = [...stage.flights.values()];
  return flights.map(({ tag, from, to, message, sentAt }) => {
    const isDoomed = stage.cuts.stops(from, to);
    const text = `${tag} ${from} → ${to} ${teller.brief(message as never)}, sent ${spellDuration(now - sentAt)} ago`;
    return lineOf(cut(isDoomed ? `${text}: the link is cut` : text, width), isDoomed ? 'fault' : 'message');
  });
}

// --- Faults --------------------------------------------------------------------------------------------------------------------------

/** All faults of the run, with what became of them. */
export function faultLines(viewer: Viewer, state: ViewState, width: number): Line[] {
  const film = viewer.film(state);
  const now = film.length === 0 ? 0 : film.index.at(state.place).at;
  // A lesson does not give away what is to come.
  const known = state.lesson === undefined || film.length === 0 ? undefined : film.index.at(limitOf(viewer, state)).at;
  const episodes = film.chronicle.episodes.filter(({ start }) => known === undefined || start <= known);
  if (episodes.length === 0) return [lineOf(known === undefined ? 'no faults in this run' : 'no faults so far', 'dim')];
  return episodes.map((episode, i) => {
    const isOn = episode.start <= now && (episode.end ?? Number.POSITIVE_INFINITY) > now;
    const until =
      episode.end === undefined
        ? 'to the end'
        : episode.end === episode.start
          ? ''
          : `to ${inMilliseconds(episode.end)}`;
    const text = `${String(i + 1).padStart(2)} ${inMilliseconds(episode.start)} ${until}  ${nameOf(episode)}${episode.skipped === undefined ? '' : ` (no effect: ${episode.skipped})`}`;
    const ink: Ink = episode.skipped !== undefined ? 'dim' : isOn ? 'fault' : 'plain';
    return lineOf(cut(`${isOn ? '▸' : ' '}${text}`, width), ink);
  });
}

// --- Together ------------------------------------------------------------------------------------------------------------------------

/** The sections of a pane; the first lines of each matter most. */
export function sectionsOf(viewer: Viewer, state: ViewState, width: number, pane: 3 | 4 | 5): Section[] {
  const actor = actorAt(viewer, state);
  if (pane === 3) {
    const heading = state.shows === 'state' ? 'STATE' : 'CHANGED';
    const sections = [
      { title: 'EVENT', lines: eventLines(viewer, state, width) },
      { title: `${heading}  ${actor ?? ''}`, lines: changeLines(viewer, state, width, actor) },
    ];
    if (state.pinned === undefined) return sections;
    const pinned = state.pinned;
    return [...sections, { title: `PINNED  ${pinned}`, lines: pinnedLines(viewer, state, width, pinned) }];
  }
  if (pane === 4) {
    const node = state.pinned ?? actor;
    return [{ title: 'PROTOCOL', lines: panelLines(viewer, state, width, node) }];
  }
  return [
    { title: 'PROPERTIES', lines: propertyLines(viewer, state, width) },
    { title: 'ON THE WAY', lines: pendingLines(viewer, state, width) },
    { title: 'FAULTS', lines: faultLines(viewer, state, width) },
  ];
}

function pinnedLines(viewer: Viewer, state: ViewState, width: number, node: NodeId): Line[] {
  const value = viewer.recording(state).stateAt(viewer.event(state), node);
  return value === undefined ? [lineOf(`${node} is down`, 'dim')] : stateLines(value, width);
}

/** One line of state for narrow screens. */
export function shortChange(viewer: Viewer, state: ViewState, width: number): Line {
  const actor = actorAt(viewer, state);
  const lines = changeLines(viewer, state, 200, actor);
  const parts = lines.slice(0, 4).map((line) => line.map(({ text }) => text).join(''));
  const more = lines.length > 4 ? `  +${lines.length - 4} more: 3 +` : '';
  const title = actor === undefined ? '' : `${state.shows === 'state' ? 'state' : 'diff'} ${actor}: `;
  return lineOf(`${cut(title + parts.join(' | '), width - more.length)}${more}`);
}

/** `✓ 12 hold  ● 4 of 14 goals`, or what is broken. */
export function shortProperties(viewer: Viewer, state: ViewState, width: number): Line {
  const standings = viewer.recording(state).standingsAt(viewer.event(state));
  const broken = standings.find((one) => one.state === 'broken');
  if (broken !== undefined) {
    const text = `‼ ${broken.name}: ${broken.sentence ?? broken.title}`;
    const more = text.length > width ? '  whole: 5 +' : '';
    return lineOf(`${cut(text, width - more.length)}${more}`, 'bad');
  }
  const holds = standings.filter((one) => one.state === 'holds');
  const reached = standings.filter((one) => one.state === 'reached').length;
  const goals = standings.filter((one) => one.kind === 'sometimes').length;
  const text = `✓ ${holds.length} properties hold: ${holds.map(({ name }) => name).join(' ')}   ● ${reached} of ${goals} goals`;
  return lineOf(cut(text, width), 'good');
}
