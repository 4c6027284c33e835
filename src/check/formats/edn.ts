/** Reads EDN, the notation of Jepsen's histories, into plain data. https://github.com/edn-format/edn */
import type { Json } from '../../sim/plain.ts';
import { HistoryError } from '../history-error.ts';

/** A map with the line on which it begins. Names are keywords without their colon, or strings. */
export interface EdnMap {
  readonly line: number;
  readonly fields: ReadonlyMap<string, Json>;
}

/**
 * All maps of the text, in order: either one after the other, or inside one list or vector.
 * Keywords become strings with a colon (`:read`), sets and lists arrays, maps objects, numbers too large or not whole
 * enough for a double strings. Tags (`#jepsen.history.Op{...}`) are dropped.
 * @throws HistoryError with the line, for anything that is not EDN or not a map.
 */
export function readEdnMaps(text: string): readonly EdnMap[] {
  const reader = new Reader(text);
  const maps: EdnMap[] = [];
  let depth = 0;
  for (;;) {
    const next = reader.peek();
    if (next === undefined) break;
    if (depth === 0 && (next === '[' || next === '(')) {
      depth = 1;
      reader.skip();
    } else if (depth === 1 && (next === ']' || next === ')')) {
      depth = 0;
      reader.skip();
    } else {
      const { line } = reader;
      const fields = reader.readMap();
      maps.push({ line, fields });
    }
  }
  if (depth > 0) throw new HistoryError('the text ends inside a list that is not closed', { line: reader.line });
  return maps;
}

const BLANK = /[\s,]*/y;
const TOKEN = /[^\s,()[\]{}";]+/y;
const CLOSERS = ')]}';

class Reader {
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character that matters, past blanks, comments, discards and tags; undefined at the end. */
  peek(): string | undefined {
    for (;;) {
      this.#take(BLANK);
      const next = this.#text.charAt(this.#at);
      if (next === '') return undefined;
      if (next === ';') this.#skipLine();
      else if (next === '#' && !this.#skipDispatch()) return '#';
      else if (next !== '#') return next;
    }
  }

  skip(): void {
    this.#at++;
  }

  readMap(): ReadonlyMap<string, Json> {
    const next = this.peek();
    if (next !== '{') this.#fail(`expected a map {...}, found ${next === undefined ? 'the end' : `"${next}"`}`);
    const from = this.line;
    this.#at++;
    const fields = new Map<string, Json>();
    while (this.#more('}', from)) {
      const name = nameOf(this.readValue());
      if (this.peek() === '}') this.#fail(`the field ${name} has no value`);
      fields.set(name, this.readValue());
    }
    return fields;
  }

  readValue(): Json {
    const next = this.peek();
    switch (next) {
      case undefined:
        return this.#fail('the text ends where a value is expected');
      case '{':
        return Object.fromEntries(this.readMap());
      case '[':
        return this.#readItems(']');
      case '(':
        return this.#readItems(')');
      case '"':
        return this.#readString();
      case '#':
        this.#at++;
        return this.#readItems('}');
      case '\\':
        return this.#readCharacter();
      default:
        if (CLOSERS.includes(next)) this.#fail(`"${next}" closes nothing`);
        return this.#readToken();
    }
  }

  #readItems(close: string): Json[] {
    const from = this.line;
    this.#at++;
    const items: Json[] = [];
    while (this.#more(close, from)) items.push(this.readValue());
    return items;
  }

  /** Whether another item follows before `close`, which is consumed. */
  #more(close: string, from: number): boolean {
    const next = this.peek();
    if (next === undefined) {
      throw new HistoryError(`the text ends before the "${close}" of what began here`, { line: from });
    }
    if (next !== close) return true;
    this.#at++;
    return false;
  }

  #readString(): string {
    const start = this.#at;
    const from = this.line;
    for (let at = start + 1; at < this.#text.length; at++) {
      const letter = this.#text.charAt(at);
      if (letter === '\n') this.line++;
      if (letter === '\\') at++;
      else if (letter === '"') {
        this.#at = at + 1;
        return unescaped(this.#text.slice(start + 1, at), from);
      }
    }
    throw new HistoryError('a string is not closed', { line: from });
  }

  #readCharacter(): string {
    this.#at++;
    const word = this.#take(TOKEN) || this.#text.charAt(this.#at++);
    const named: Readonly<Record<string, string>> = { newline: '\n', space: ' ', tab: '\t', return: '\r' };
    return named[word] ?? word;
  }

  #readToken(): Json {
    const token = this.#take(TOKEN);
    if (token === 'nil') return null;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (/^[-+]?\d/.test(token)) return numberOf(token) ?? this.#fail(`${token} is not a number`);
    return token;
  }

  /** At a `#`: consumes a discard or a tag; false when a set begins. */
  #skipDispatch(): boolean {
    const second = this.#text.charAt(this.#at + 1);
    if (second === '{') return false;
    if (second === '_') {
      this.#at += 2;
      this.readValue();
      return true;
    }
    if (second === '#') this.#fail('symbolic values such as ##NaN are not data that can be compared');
    this.#at++;
    if (this.#take(TOKEN) === '') this.#fail('"#" without a tag');
    return true;
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    for (let at = taken.indexOf('\n'); at >= 0; at = taken.indexOf('\n', at + 1)) this.line++;
    this.#at += taken.length;
    return taken;
  }

  #fail(problem: string): never {
    throw new HistoryError(problem, { line: this.line });
  }
}

function nameOf(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.startsWith(':') ? text.slice(1) : text;
}

function numberOf(token: string): Json | undefined {
  const plain = token.replace(/[NM]$/, '');
  if (/^[-+]?\d+$/.test(plain)) {
    const value = Number(plain);
    return Number.isSafeInteger(value) ? value : plain.replace(/^\+/, '');
  }
  if (/^[-+]?\d+\/\d+$/.test(plain)) return plain;
  return /^[-+]?\d+(\.\d*)?([eE][-+]?\d+)?$/.test(plain) ? Number(plain) : undefined;
}

function unescaped(body: string, line: number): string {
  if (!body.includes('\\')) return body;
  return body.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const known: Readonly<Record<string, string>> = {
      n: '\n',
      t: '\t',
      r: '\r',
      b: '\b',
      f: '\f',
      '"': '"',
      '\\': '\\',
    };
    const letter = known[code];
    if (letter === undefined) throw new HistoryError(`unknown escape \\${code} in a string`, { line });
    return letter;
  });
}
