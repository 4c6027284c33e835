/** Which steps are shown: words as people type them, e.g. `-heartbeat lane:n3 type:Vote epoch:2 fault drop`. */
import type { Film } from './film.ts';
import { wordsOf } from './ladder.ts';
import { type IndexedStep, what } from './step-index.ts';
import { spaced, type Teller } from './tell.ts';

type Test = (step: IndexedStep, film: Film, teller: Teller) => boolean;

export interface Filter {
  readonly text: string;
  shows(step: IndexedStep, film: Film, teller: Teller): boolean;
}

/** Kinds of steps by the words that name them. */
const kinds: { readonly [word: string]: number } = {
  fault: what.fault | what.skipped | what.crash | what.boot | what.pause | what.halt | what.duplicate | what.diskError,
  drop: what.drop,
  note: what.note,
  client: what.call | what.return,
  timer: what.timer,
  disk: what.write | what.synced,
  crash: what.crash | what.boot | what.halt,
  violation: what.violation | what.failure,
  change: what.change,
  message: what.deliver | what.drop,
};

export const filterWords: readonly string[] = [...Object.keys(kinds), 'lane:n3', 'type:Vote', 'epoch:2', '-word'];

/** An empty text shows everything. Words of kinds are alternatives; all else must be true together; `-` turns a word round. */
export function readFilter(text: string): Filter {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const kindWords = words.filter((word) => word in kinds);
  const wanted = kindWords.reduce((flags, word) => flags | (kinds[word] ?? 0), 0);
  const tests = words.filter((word) => !(word in kinds)).map(testOf);
  return {
    text,
    shows: (step, film, teller) =>
      (wanted === 0 || (step.flags & wanted) !== 0) && tests.every((test) => test(step, film, teller)),
  };
}

function testOf(word: string): Test {
  if (word.startsWith('-') && word.length > 1) {
    const test = testOf(word.slice(1));
    const flags = kinds[word.slice(1)];
    if (flags !== undefined) return (step) => (step.flags & flags) === 0;
    return (step, film, teller) => !test(step, film, teller);
  }
  const [, name, value = ''] = /^(lane|node|type|term|epoch):(.*)$/.exec(word) ?? [];
  if (name === 'lane' || name === 'node') return (step) => step.node === value || step.from === value;
  if (name === 'type') return (step) => step.type?.toLowerCase().includes(value.toLowerCase()) ?? false;
  if (name === 'term' || name === 'epoch') return (step) => String(step.epoch) === value;
  const wanted = word.toLowerCase();
  return (step, film, teller) => wordsOfStep(film, step.place, teller).includes(wanted);
}

/** All that can be read of a step, in lower case. */
function wordsOfStep(film: Film, place: number, teller: Teller): string {
  const { step, rows } = film.scene(place);
  const words = rows.map(({ body }) => wordsOf(body));
  for (const event of step.events) {
    if ('message' in event) words.push(teller.message(event.message));
    // By its name too, as after `u`: rows may tell it in other words.
    if (event.kind === 'note') words.push(event.text, spaced(event.text));
  }
  return words.join('\n').toLowerCase();
}

/** The next step in a direction whose words have `text`; -1 where there is none. */
export function findText(
  film: Film,
  teller: Teller,
  text: string,
  from: number,
  direction: 1 | -1,
  isShown: (place: number) => boolean,
): number {
  const wanted = text.toLowerCase();
  for (let place = from; place >= 0 && place < film.length; place += direction) {
    if (isShown(place) && wordsOfStep(film, place, teller).includes(wanted)) return place;
  }
  return -1;
}
