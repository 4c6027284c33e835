/**
 * Inks as terminal colours: Okabe and Ito's palette, which colour-blind people can tell apart, darkened where it would not be seen on a
 * white background. With 16 colours red, blue, yellow, cyan and magenta: no green beside the red, and yellow, which white swallows, for
 * nothing that must be seen.
 */
import type { Ink, Line } from '../timeline/ink.ts';

export type Depth = 'none' | '16' | '256' | 'true';

interface Paint {
  /** Red, green, blue. */
  readonly rgb?: readonly [number, number, number];
  /** Number in the 256-colour table. */
  readonly indexed?: number;
  /** SGR of one of the 16. */
  readonly basic?: number;
  readonly bold?: boolean;
  readonly inverse?: boolean;
}

const BLUE = { rgb: [0, 114, 178], indexed: 31, basic: 34 } as const;
const GREEN = { rgb: [0, 158, 115], indexed: 36, basic: 36 } as const;
const VERMILION = { rgb: [213, 94, 0], indexed: 166, basic: 31 } as const;
const PURPLE = { rgb: [190, 95, 150], indexed: 133, basic: 35 } as const;
const OCHRE = { rgb: [176, 120, 0], indexed: 136, basic: 33 } as const;
const GREY = { rgb: [120, 120, 120], indexed: 243 } as const;

const paints: { readonly [ink in Ink]: Paint } = {
  plain: {},
  dim: GREY,
  bold: { bold: true },
  title: { bold: true },
  leader: { ...BLUE, bold: true },
  candidate: PURPLE,
  message: BLUE,
  fault: VERMILION,
  note: { ...GREEN, bold: true },
  client: PURPLE,
  timer: OCHRE,
  disk: OCHRE,
  bad: { ...VERMILION, bold: true, inverse: true },
  good: GREEN,
  hint: PURPLE,
  selected: { inverse: true },
  added: GREEN,
  removed: VERMILION,
};

/** What the terminal can show, from its environment; `none` wins where colour is not wanted. */
export function depthOf(environment: NodeJS.ProcessEnv, wanted: boolean): Depth {
  if (!wanted) return 'none';
  const { COLORTERM = '', TERM = '' } = environment;
  if (/truecolor|24bit/i.test(COLORTERM)) return 'true';
  return /256/.test(TERM) ? '256' : '16';
}

/** The line with its colours as escape sequences, each ended before the next begins. */
export const painted = (line: Line, depth: Depth): string =>
  line.map(({ text, ink }) => paintText(text, paints[ink], depth)).join('');

function paintText(text: string, { rgb, indexed, basic, bold, inverse }: Paint, depth: Depth): string {
  const codes: string[] = [];
  if (bold) codes.push('1');
  if (inverse) codes.push('7');
  if (depth === 'true' && rgb !== undefined) codes.push(`38;2;${rgb.join(';')}`);
  else if (depth === '256' && indexed !== undefined) codes.push(`38;5;${indexed}`);
  else if (depth === '16' && basic !== undefined) codes.push(String(basic));
  return codes.length === 0 ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}
