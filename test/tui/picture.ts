/** The picture on the README's first screen: the timeline of a real run as the terminal shows it. */
import { planFor } from '../../src/cli/run.ts';
import { loadSubject } from '../../src/cli/subject.ts';
import type { Ink, Line } from '../../src/timeline/ink.ts';
import { frame } from '../../src/tui/frame.ts';
import { startState } from '../../src/tui/state.ts';
import { press } from '../../src/tui/update.ts';
import { Viewer } from '../../src/tui/viewer.ts';

const size = { columns: 132, rows: 37 };
// The paper's own properties, so that the picture does not change with every other one.
const shown = ['ES', 'LAO', 'LM', 'LC', 'SMS', 'leader-elected', 'leader-deposed', 'client-retried', 'two-leaders'];

/** The moment at which a second leader is elected, while the first one is cut off; as SVG. */
export async function drawPicture(): Promise<string> {
  const subject = await loadSubject('raft-partition', {}, 'none');
  const properties = subject.protocol.properties.filter(({ name }) => shown.includes(name));
  const viewer = new Viewer({
    protocol: { ...subject.protocol, properties },
    plan: planFor(subject, '1'),
    title: 'raft-partition',
    command: 'npx worldline show raft-partition --seed 1',
  });
  const film = viewer.branches[0]?.film;
  if (film === undefined) throw new Error('a viewer has a first branch');
  let state = { ...startState, place: film.index.placeAt(1_000_000) };
  for (const key of ['u', ...'leader:n3', 'enter']) state = press(viewer, state, key, size);
  return svg(frame(viewer, { ...state, message: '' }, { ...size, ascii: false }));
}

function svg(rows: readonly Line[]): string {
  const cell = { width: 7.2, height: 15 };
  const width = Math.ceil(size.columns * cell.width) + 24;
  const height = rows.length * cell.height + 24;
  const text = rows.map((line, i) => `<text y="${24 + i * cell.height}">${spans(line, cell.width)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12" xml:space="preserve">
<title>worldline show raft-partition: a leader is cut off, and a second one is elected</title>
<rect width="${width}" height="${height}" rx="6" fill="#fdfdfb" stroke="#ccc"/>
${text.join('\n')}
</svg>
`;
}

function spans(line: Line, cellWidth: number): string {
  let column = 0;
  const parts: string[] = [];
  for (const { text, ink } of line) {
    if (text.trim() !== '') {
      const lead = text.length - text.trimStart().length;
      const shown = text.trim();
      const x = (12 + (column + lead) * cellWidth).toFixed(1);
      const length = (shown.length * cellWidth).toFixed(1);
      parts.push(
        `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs" ${look(ink)}>${escaped(shown)}</tspan>`,
      );
    }
    column += text.length;
  }
  return parts.join('');
}

function look(ink: Ink): string {
  const colors: { readonly [Of in Ink]?: string } = {
    leader: '#0072b2',
    message: '#0072b2',
    candidate: '#be5f96',
    client: '#be5f96',
    hint: '#be5f96',
    note: '#007a58',
    good: '#007a58',
    added: '#007a58',
    fault: '#d55e00',
    removed: '#d55e00',
    bad: '#d55e00',
    timer: '#8a5e00',
    disk: '#8a5e00',
    dim: '#888',
  };
  const bold = ['leader', 'note', 'bold', 'title', 'bad'].includes(ink) ? ' font-weight="bold"' : '';
  return `fill="${colors[ink] ?? '#222'}"${bold}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
