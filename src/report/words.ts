/** Numbers and lists in reports: English, independent of the machine's locale. */

/** `1,234,567`. */
export function grouped(number: number): string {
  const [whole = '', part] = String(number).split('.');
  const text = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return part === undefined ? text : `${text}.${part}`;
}

/** Three significant digits with a unit of thousands: `950`, `1.23 k`, `4.5 M`. */
export function rounded(number: number): string {
  if (number < 1_000) return String(Number(number.toPrecision(3)));
  if (number < 999_500) return `${Number((number / 1_000).toPrecision(3))} k`;
  return `${Number((number / 1_000_000).toPrecision(3))} M`;
}

/** `1 run`, `2 runs`. */
export const counted = (number: number, noun: string): string => `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;

/** `2.4 s`, `85 ms`. */
export const spellSeconds = (seconds: number): string =>
  seconds >= 1 ? `${Number(seconds.toPrecision(3))} s` : `${Math.round(seconds * 1_000)} ms`;

/** Entries with the largest number first, e.g. `crash 812, partition 300`. */
export function tally(numbers: { readonly [name: string]: number }): string {
  const entries = Object.entries(numbers).filter(([, number]) => number > 0);
  entries.sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  return entries.map(([name, number]) => `${name} ${grouped(number)}`).join(', ');
}

/** Text in lines of at most `width` characters, broken at blanks. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `text` beside a label, in a column of its own: `  faults      crash 812, ...`. */
export function labelled(label: string, text: string, labelWidth = 11, width = 110): string[] {
  const head = `  ${label.padEnd(labelWidth)} `;
  return wrapped(text, width - head.length).map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line);
}

/** Pairs of label and text, all texts in one column. */
export function table(rows: readonly (readonly [label: string, text: string])[]): string[] {
  const labelWidth = Math.max(0, ...rows.map(([label]) => label.length)) + 1;
  return rows.flatMap(([label, text]) => labelled(label, text, labelWidth));
}
