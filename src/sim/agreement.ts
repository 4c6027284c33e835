/** One walk over two states that ought to be the same and plain data: strict mode makes it after every handler. */
import { isKnownPlain, isPlain, isPlainKey, samePlain } from './plain.ts';

type Fields = { [key: string]: unknown };

/** From so many items on it is remembered what a list held: to ask of each entry of a log whether it is plain takes longer with each. */
const LONG = 64;

/** Deeper states are left to `whyNotPlain`, which says so. */
const DEPTH_MAX = 100;

/**
 * Whether what two runs of one handler made of a state agrees, and whether what the second made of it may be handed to the next handler
 * as its copy of the state: then no copy needs to be made.
 */
export class Agreement {
  /** Objects met in the first state that are not frozen. */
  private readonly met = new Set<object>();
  private metCount = 0;
  private isSeparate = true;
  /** Of a long list of the first state: what it held when the two agreed last, as far as nobody can change that. */
  private readonly seen = new WeakMap<readonly unknown[], unknown[]>();

  /**
   * True where each of `firsts` is plain data, each of `seconds` is the same, and the second is as good as a copy: the same order of keys,
   * nothing shared with the first but what is frozen, and nothing of the first under two names. False where one of that is not so, or may
   * not be so. What is frozen in a first one takes the place of its like in the second, as a copy would have it.
   */
  holds(firsts: readonly unknown[], seconds: readonly unknown[]): boolean {
    this.isSeparate = true;
    this.metCount = 0;
    for (let i = 0; i < firsts.length; i++) if (!this.agree(firsts[i], seconds[i], 0)) return this.over(false);
    return this.over(this.isSeparate && this.met.size === this.metCount);
  }

  private over(verdict: boolean): boolean {
    this.met.clear();
    return verdict;
  }

  private agree(first: unknown, second: unknown, depth: number): boolean {
    if (typeof first !== 'object' || first === null) return Object.is(first, second) && isPlain(first);
    if (typeof second !== 'object' || second === null || depth > DEPTH_MAX) return false;
    if (Object.isFrozen(first)) return isPlain(first) && (first === second || samePlain(first, second));
    if (first === second || Object.isFrozen(second)) return false;
    this.met.add(first);
    this.metCount++;
    if (Array.isArray(first)) return Array.isArray(second) && this.itemsAgree(first, second, depth);
    return !Array.isArray(second) && this.fieldsAgree(first as Fields, second as Fields, depth);
  }

  private itemsAgree(first: readonly unknown[], second: unknown[], depth: number): boolean {
    const { length } = first;
    if (second.length !== length) return false;
    const seen = length < LONG ? undefined : this.seenOf(first);
    const from = seen === undefined ? 0 : firstNews(first, second, seen);
    for (let i = from; i < length; i++) {
      const item = first[i];
      const other = second[i];
      // Most are, of logs and of tables by index: asked here, it is a third of the time.
      if (item === other && (typeof item === 'object' ? item === null || isKnownPlain(item) : isPlainLeaf(item)))
        continue;
      if (!this.agree(item, other, depth + 1)) return false;
      if (item !== other && Object.isFrozen(item)) second[i] = item;
    }
    if (seen !== undefined) note(seen, first, from);
    return true;
  }

  private seenOf(list: readonly unknown[]): unknown[] {
    let seen = this.seen.get(list);
    if (seen === undefined) {
      seen = [];
      this.seen.set(list, seen);
    }
    return seen;
  }

  private fieldsAgree(first: Fields, second: Fields, depth: number): boolean {
    if (Object.getPrototypeOf(first) !== Object.prototype) return false;
    const keys = Object.keys(first);
    const others = Object.keys(second);
    if (others.length !== keys.length) return false;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (key !== others[i] || !isPlainKey(key)) return false;
      const item = first[key];
      const other = second[key];
      if (item === other && isPlainLeaf(item)) continue;
      if (!this.agree(item, other, depth + 1)) return false;
      if (item !== other && Object.isFrozen(item)) second[key] = item;
    }
    return true;
  }
}

/** Whether it is null, a text, a truth value or a finite number other than zero: there are two zeros. */
const isPlainLeaf = (value: unknown): boolean =>
  typeof value === 'number'
    ? value - value === 0 && value !== 0
    : typeof value === 'string' || typeof value === 'boolean' || value === null;

/** Whether nobody can change it; what is not plain has been found before. */
const isFixed = (value: unknown): boolean =>
  typeof value === 'object' ? value !== null && Object.isFrozen(value) : value !== 0;

/** Where the first item is that is not in both lists what it was in the first when they agreed last. */
function firstNews(first: readonly unknown[], second: readonly unknown[], seen: readonly unknown[]): number {
  const known = Math.min(first.length, seen.length);
  let i = 0;
  while (i < known && first[i] === seen[i] && second[i] === seen[i]) i++;
  return i;
}

/** Remembers a list that agreed, as far as it is made of what cannot be changed: a log is, a list that is rewritten throughout is not. */
function note(seen: unknown[], list: readonly unknown[], from: number): void {
  seen.length = from;
  for (let i = from; i < list.length && isFixed(list[i]); i++) seen.push(list[i]);
}
