/** Where in a JSON text something is: a syntax error, or the value at a path. `JSON.parse` itself does not tell. */

export type JsonPath = readonly (string | number)[];

export interface JsonSyntaxError {
  readonly offset: number;
  readonly problem: string;
}

/** The first syntax error of the text; undefined when there is none. */
export function findSyntaxError(text: string): JsonSyntaxError | undefined {
  const scanner = new Scanner(text, undefined);
  return scanner.run();
}

/** The 1-based line on which brackets nest deeper than this; undefined when none do. The text need not be JSON. */
export function lineTooDeep(text: string, most: number): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (isCloser(code)) depth--;
    else if (isOpener(code) && ++depth > most) return lineAt(text, at);
  }
  return undefined;
}

/** The 1-based lines on which the items of the array at `path` begin. The text must be valid JSON. */
export function linesOfItems(text: string, path: JsonPath): readonly number[] {
  const scanner = new Scanner(text, path);
  scanner.run();
  return itemLines(text, scanner.found);
}

const NEWLINE = 10;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

function itemLines(text: string, start: number): number[] {
  const lines: number[] = [];
  let line = lineAt(text, start);
  let depth = 1;
  let expecting = true;
  for (let at = start + 1; depth > 0 && at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) line++;
    if (code <= 32) continue;
    if (depth === 1 && code === COMMA) {
      expecting = true;
      continue;
    }
    if (isCloser(code)) depth--;
    else {
      if (expecting && depth === 1) lines.push(line);
      expecting = false;
      if (isOpener(code)) depth++;
      else if (code === QUOTE) at = endOfString(text, at);
    }
  }
  return lines;
}

function isOpener(code: number): boolean {
  return code === 91 || code === 123;
}

function isCloser(code: number): boolean {
  return code === 93 || code === 125;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

class Stop extends Error {
  readonly offset: number;
  constructor(offset: number, problem: string) {
    super(problem);
    this.offset = offset;
  }
}

class Scanner {
  found = 0;
  readonly #text: string;
  readonly #path: JsonPath | undefined;
  #at = 0;

  constructor(text: string, path: JsonPath | undefined) {
    this.#text = text;
    this.#path = path;
  }

  run(): JsonSyntaxError | undefined {
    try {
      this.#value(0);
      this.#blanks();
      if (this.#at < this.#text.length) this.#fail('text after the end of the value');
      return undefined;
    } catch (error) {
      if (error instanceof Stop) return { offset: error.offset, problem: error.message };
      throw error;
    }
  }

  #fail(problem: string): never {
    const ended = this.#at >= this.#text.length;
    throw new Stop(Math.min(this.#at, this.#text.length), ended ? `the text ends too early: ${problem}` : problem);
  }

  #blanks(): void {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text.charAt(this.#at))) this.#at++;
  }

  /** `depth`: how many steps of the wanted path lead here; negative when off the path. */
  #value(depth: number): void {
    this.#blanks();
    if (this.#path !== undefined && depth >= 0) {
      this.found = this.#at;
      if (depth === this.#path.length) throw new Stop(this.#at, 'found');
    }
    const first = this.#text.charAt(this.#at);
    if (first === '{') this.#members(depth, '}');
    else if (first === '[') this.#members(depth, ']');
    else if (first === '"') this.#string();
    else this.#word();
  }

  #members(depth: number, close: '}' | ']'): void {
    this.#at++;
    this.#blanks();
    if (this.#text.charAt(this.#at) === close) {
      this.#at++;
      return;
    }
    for (let index = 0; ; index++) {
      const step = close === '}' ? this.#memberName() : index;
      const onPath = depth >= 0 && this.#path !== undefined && this.#path[depth] === step;
      this.#value(onPath ? depth + 1 : -1);
      this.#blanks();
      const separator = this.#text.charAt(this.#at);
      if (separator === close) break;
      if (separator !== ',') this.#fail(`expected "," or "${close}"`);
      this.#at++;
    }
    this.#at++;
  }

  #memberName(): string {
    this.#blanks();
    if (this.#text.charAt(this.#at) !== '"') this.#fail('expected a field name in double quotes');
    const name = this.#string();
    this.#blanks();
    if (this.#text.charAt(this.#at) !== ':') this.#fail('expected ":" after the field name');
    this.#at++;
    return name;
  }

  #string(): string {
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length; at++) {
      const letter = this.#text.charAt(at);
      if (letter === '\\') at++;
      else if (letter === '\n') break;
      else if (letter === '"') {
        this.#at = at + 1;
        return this.#parsed(start) as string;
      }
    }
    return this.#fail('a string is not closed');
  }

  #word(): void {
    const start = this.#at;
    while (this.#at < this.#text.length && /[-+.\w]/.test(this.#text.charAt(this.#at))) this.#at++;
    if (this.#at === start) this.#fail('expected a value');
    this.#parsed(start);
  }

  #parsed(start: number): unknown {
    const literal = this.#text.slice(start, this.#at);
    try {
      return JSON.parse(literal);
    } catch {
      this.#at = start;
      return this.#fail(`${literal} is not a JSON value`);
    }
  }
}
