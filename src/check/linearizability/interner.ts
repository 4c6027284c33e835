/** Numbers for plain data: equal for equal data, without writing any of it out as text. */
import type { Json } from '../../sim/plain.ts';

/** Larger than any number handed out, and small enough that a pair of them is still exact. */
const BASE = 2 ** 26;

/** Data as paths through a tree: every scalar, field name and bracket is an edge from a place to the next. */
export class Interner {
  readonly #scalars = new Map<unknown, number>();
  readonly #edges = new Map<number, number>();
  #places = 1;

  /** Field order matters: the same fields in another order are told apart, which costs effort but no truth. */
  idOf(value: Json | undefined): number {
    return this.#walk(0, value);
  }

  #walk(from: number, value: Json | undefined): number {
    if (value === null || typeof value !== 'object') return this.#step(from, value);
    if (Array.isArray(value)) {
      let place = this.#step(from, LIST);
      for (const item of value as readonly Json[]) place = this.#walk(place, item);
      return this.#step(place, END);
    }
    let place = this.#step(from, RECORD);
    for (const field in value) {
      place = this.#walk(this.#step(place, field), (value as { readonly [name: string]: Json })[field]);
    }
    return this.#step(place, END);
  }

  #step(from: number, scalar: unknown): number {
    let label = this.#scalars.get(scalar);
    if (label === undefined) {
      label = this.#scalars.size;
      this.#scalars.set(scalar, label);
    }
    const edge = from * BASE + label;
    let place = this.#edges.get(edge);
    if (place === undefined) {
      place = this.#places++;
      this.#edges.set(edge, place);
    }
    return place;
  }
}

const LIST = Symbol('list');
const RECORD = Symbol('record');
const END = Symbol('end');
