/** The list of what could happen instead of what did. */
import type { WayOn } from '../session/what-if.ts';
import { cut, type Ink, type Line, lineOf, span } from '../timeline/ink.ts';
import type { ViewState } from './state.ts';
import type { Viewer } from './viewer.ts';

/** The ways whose words have all that was typed. */
export function waysInSight(viewer: Viewer, state: ViewState): readonly WayOn[] {
  const wanted = state.typed.toLowerCase().split(' ').filter(Boolean);
  const ways = viewer.waysOn(state);
  if (wanted.length === 0) return ways;
  return ways.filter((way) => {
    const text = textOf(viewer, way).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

const textOf = (viewer: Viewer, way: WayOn): string => `${way.title}  ${viewer.tellWay(way)}`.trim();

const inks: { readonly [kind in WayOn['kind']]: Ink } = {
  message: 'message',
  timer: 'timer',
  process: 'fault',
  network: 'fault',
  clock: 'disk',
  client: 'client',
  other: 'plain',
};

export function menuLines(viewer: Viewer, state: ViewState, width: number, height: number): Line[] {
  const ways = waysInSight(viewer, state);
  const choice = Math.min(state.choice, ways.length - 1);
  const first = Math.max(0, Math.min(choice - Math.floor(height / 2), ways.length - height + 2));
  const shown = ways.slice(first, first + height - 2);
  const typed = state.typed === '' ? 'type to search' : `with "${state.typed}"`;
  return [
    lineOf(`WHAT IF, after #${viewer.event(state)}   ${typed}, ↓ ↑ choose, Enter does it, Esc leaves`, 'title'),
    ...(shown.length === 0 ? [lineOf('  nothing like that could happen here', 'dim')] : []),
    ...shown.map((way, i) => [
      span(first + i === choice ? '▶ ' : '  ', 'bold'),
      span(cut(textOf(viewer, way), width - 2), first + i === choice ? 'bold' : inks[way.kind]),
    ]),
    lineOf(ways.length > shown.length ? `  ${ways.length} in all` : '', 'dim'),
  ];
}
