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

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const COMMA = 44;
const SEMICOLON = 59;
const BACKSLASH = 92;
const ROUND_OPEN = 40;
const ROUND_CLOSE = 41;
const SQUARE_OPEN = 91;
const SQUARE_CLOSE = 93;
const CURLY_OPEN = 123;
const CURLY_CLOSE = 125;

/** A history nests a handful of levels; a file that nests a thousand is not one, and would exhaust the stack. */
const DEPTH_MAX = 1_000;

class Reader {
  line = 1;
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Items of lists that are being read, one list on top of the other: lists that grow item by item take twice the room. */
  readonly #pending: Json[] = [];
  #pendingCount = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character that matters, past blanks, comments, discards and tags; undefined at the end. */
  peek(): string | undefined {
    const code = this.#peekCode();
    return Number.isNaN(code) ? undefined : String.fromCharCode(code);
  }

  /** NaN at the end. */
  #peekCode(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === SEMICOLON) this.#skipLine();
      else if (code === HASH) {
        if (!this.#skipDispatch()) return HASH;
      } else if (isBlank(code)) {
        if (code === NEWLINE) this.line++;
        this.#at++;
      } else return code;
    }
  }

  skip(): void {
    this.#at++;
  }

  readMap(): ReadonlyMap<string, Json> {
    const next = this.peek();
    if (next !== '{') this.#fail(`expected a map {...}, found ${next === undefined ? 'the end' : `"${next}"`}`);
    const from = this.line;
    this.#enter();
    const fields = new Map<string, Json>();
    while (this.#more(CURLY_CLOSE, from)) {
      const name = nameOf(this.readValue());
      if (this.#peekCode() === CURLY_CLOSE) this.#fail(`the field ${name} has no value`);
      fields.set(name, this.readValue());
    }
    return fields;
  }

  readValue(): Json {
    const next = this.#peekCode();
    switch (next) {
      case CURLY_OPEN:
        return Object.fromEntries(this.readMap());
      case SQUARE_OPEN:
        return this.#readItems(SQUARE_CLOSE);
      case ROUND_OPEN:
        return this.#readItems(ROUND_CLOSE);
      case QUOTE:
        return this.#readString();
      case HASH:
        return this.#readDispatched();
      case BACKSLASH:
        return this.#readCharacter();
      case CURLY_CLOSE:
      case SQUARE_CLOSE:
      case ROUND_CLOSE:
        return this.#fail(`"${String.fromCharCode(next)}" closes nothing`);
      default:
        return Number.isNaN(next) ? this.#fail('the text ends where a value is expected') : this.#readToken();
    }
  }

  /** A set, or a symbolic value such as ##NaN, which stands for itself. */
  #readDispatched(): Json {
    this.#at++;
    if (this.#text.charCodeAt(this.#at) === CURLY_OPEN) return this.#readItems(CURLY_CLOSE);
    this.#at++;
    return `##${this.#takeToken()}`;
  }

  #enter(): void {
    this.#at++;
    if (++this.#depth > DEPTH_MAX) this.#fail(`lists and maps nested more than ${DEPTH_MAX} levels deep`);
  }

  #readItems(close: number): Json[] {
    const from = this.line;
    const base = this.#pendingCount;
    this.#enter();
    while (this.#more(close, from)) {
      const item = this.readValue();
      this.#pending[this.#pendingCount++] = item;
    }
    const items = this.#pending.slice(base, this.#pendingCount);
    this.#pendingCount = base;
    return items;
  }

  /** Whether another item follows before `close`, which is consumed. */
  #more(close: number, from: number): boolean {
    const next = this.#peekCode();
    if (Number.isNaN(next)) {
      const bracket = String.fromCharCode(close);
      throw new HistoryError(`the text ends before the "${bracket}" of what began here`, { line: from });
    }
    if (next !== close) return true;
    this.#at++;
    this.#depth--;
    return false;
  }

  #readString(): string {
    const text = this.#text;
    const start = this.#at;
    const from = this.line;
    for (let at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) this.line++;
      else if (code === BACKSLASH) at++;
      else if (code === QUOTE) {
        this.#at = at + 1;
        return unescaped(text.slice(start + 1, at), from);
      }
    }
    throw new HistoryError('a string is not closed', { line: from });
  }

  #readCharacter(): string {
    this.#at++;
    const word = this.#takeToken() || this.#text.charAt(this.#at++);
    const named: Readonly<Record<string, string>> = { newline: '\n', space: ' ', tab: '\t', return: '\r' };
    return named[word] ?? word;
  }

  #readToken(): Json {
    const start = this.#at;
    const whole = this.#wholeNumber(start);
    if (whole !== undefined) return whole;
    const token = this.#takeToken();
    if (token === 'nil') return null;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (/^[-+]?\d/.test(token)) return numberOf(token) ?? this.#fail(`${token} is not a number`);
    return token;
  }

  /** The usual number: a few digits. Undefined, and nothing consumed, when it is anything else. */
  #wholeNumber(start: number): number | undefined {
    const text = this.#text;
    let value = 0;
    for (let at = start; at < start + SAFE_DIGITS; at++) {
      const code = text.charCodeAt(at);
      if (code >= 48 && code <= 57) value = value * 10 + (code - 48);
      else if (at > start && endsToken(code)) {
        this.#at = at;
        return value;
      } else return undefined;
    }
    return undefined;
  }

  /** At a `#`: consumes a discard or a tag; false when a set or a symbolic value begins. */
  #skipDispatch(): boolean {
    const second = this.#text.charAt(this.#at + 1);
    if (second === '{' || second === '#') return false;
    if (second === '_') {
      this.#at += 2;
      this.#depth++;
      this.readValue();
      this.#depth--;
      return true;
    }
    this.#at++;
    if (this.#takeToken() === '') this.#fail('"#" without a tag');
    return true;
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #takeToken(): string {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    while (!endsToken(text.charCodeAt(at))) at++;
    this.#at = at;
    return text.slice(start, at);
  }

  #fail(problem: string): never {
    throw new HistoryError(problem, { line: this.line });
  }
}

/** Whole numbers of fewer digits are exact. */
const SAFE_DIGITS = 15;

function isBlank(code: number): boolean {
  return code === SPACE || code === COMMA || (code >= 9 && code <= 13) || (code > 127 && isWideBlank(code));
}

function isWideBlank(code: number): boolean {
  return /\s/.test(String.fromCharCode(code));
}

/** Whether a token ends before this character; NaN is the end of the text. */
function endsToken(code: number): boolean {
  switch (code) {
    case QUOTE:
    case SEMICOLON:
    case ROUND_OPEN:
    case ROUND_CLOSE:
    case SQUARE_OPEN:
    case SQUARE_CLOSE:
    case CURLY_OPEN:
    case CURLY_CLOSE:
      return true;
    default:
      return isBlank(code) || Number.isNaN(code);
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
  // Fractions, hexadecimal (as in #object[... 0x1f ...]) and other bases are kept as they are written.
  if (/^[-+]?(\d+\/\d+|0[xX][0-9a-fA-F]+|\d+[rR]\w+)$/.test(plain)) return plain;
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
