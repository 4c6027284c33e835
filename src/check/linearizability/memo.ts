/** The places the search has been to, so that it goes nowhere twice, nor to a place that a better one covers. */

/**
 * A node is a key (`keyWords` integers) and a burden (`burdenWords` of bits). A node whose burden contains the burden of
 * a visited node with the same key can do no more than that one could. Only the lightest burdens of a key are kept.
 */
export class Memo {
  readonly #keyWords: number;
  readonly #burdenWords: number;
  /** Open addressing: entry + 1, or 0. */
  #slots = new Int32Array(128);
  #mask = 127;
  #entries = 0;
  /** Burdens compared so far: what visits cost where many nodes differ in their burdens alone. */
  comparisons = 0;
  #keys: Int32Array;
  #heads = new Int32Array(64);
  #burdens: Int32Array;
  #next = new Int32Array(64);
  #burdenCount = 0;

  constructor(keyWords: number, burdenWords: number) {
    this.#keyWords = keyWords;
    this.#burdenWords = burdenWords;
    this.#keys = new Int32Array(64 * keyWords);
    this.#burdens = new Int32Array(64 * burdenWords);
  }

  /** Records the node; false when it is covered by one recorded before. */
  add(key: Int32Array, burden: Int32Array): boolean {
    const entry = this.#find(key);
    if (entry < 0) {
      this.#insert(key, ~entry, burden);
      return true;
    }
    if (this.#burdenWords === 0 || this.#covered(entry, burden)) return false;
    this.#prepend(entry, burden);
    return true;
  }

  /** The entry of this key, or the complement of the slot where it belongs. */
  #find(key: Int32Array): number {
    const words = this.#keyWords;
    const keys = this.#keys;
    const slots = this.#slots;
    let slot = hashWords(key, words) & this.#mask;
    for (;;) {
      const entry = (slots[slot] as number) - 1;
      if (entry < 0) return ~slot;
      const base = entry * words;
      let word = 0;
      while (word < words && keys[base + word] === key[word]) word++;
      if (word === words) return entry;
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(key: Int32Array, slot: number, burden: Int32Array): void {
    const entry = this.#entries++;
    if (entry === this.#heads.length) {
      this.#keys = enlarged(this.#keys);
      this.#heads = enlarged(this.#heads);
    }
    this.#keys.set(key, entry * this.#keyWords);
    this.#heads[entry] = -1;
    if (this.#burdenWords > 0) this.#prepend(entry, burden);
    this.#slots[slot] = entry + 1;
    if (this.#entries * 2 > this.#mask) this.#rehash();
  }

  /** Whether a recorded burden is contained in this one. Forgets recorded burdens that contain this one. */
  #covered(entry: number, burden: Int32Array): boolean {
    let previous = -1;
    for (let at = this.#heads[entry] as number; at >= 0; at = this.#next[at] as number) {
      this.comparisons++;
      const order = this.#compare(at, burden);
      if (order === 1) return true;
      if (order === -1) {
        if (previous < 0) this.#heads[entry] = this.#next[at] as number;
        else this.#next[previous] = this.#next[at] as number;
      } else previous = at;
    }
    return false;
  }

  /** 1 when the recorded burden is contained in (or equal to) the given one, -1 when it contains it, else 0. */
  #compare(at: number, burden: Int32Array): number {
    const base = at * this.#burdenWords;
    let contained = true;
    let contains = true;
    for (let word = 0; word < this.#burdenWords; word++) {
      const recorded = this.#burdens[base + word] as number;
      const given = burden[word] as number;
      if ((recorded & ~given) !== 0) contained = false;
      if ((given & ~recorded) !== 0) contains = false;
      if (!contained && !contains) return 0;
    }
    return contained ? 1 : -1;
  }

  #prepend(entry: number, burden: Int32Array): void {
    const at = this.#burdenCount++;
    if (at === this.#next.length) {
      this.#burdens = enlarged(this.#burdens);
      this.#next = enlarged(this.#next);
    }
    this.#burdens.set(burden, at * this.#burdenWords);
    this.#next[at] = this.#heads[entry] as number;
    this.#heads[entry] = at;
  }

  #rehash(): void {
    const capacity = (this.#mask + 1) * 4;
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
    const words = this.#keyWords;
    for (let entry = 0; entry < this.#entries; entry++) {
      const key = this.#keys.subarray(entry * words, (entry + 1) * words);
      let slot = hashWords(key, words) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

function enlarged(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function hashWords(words: Int32Array, count: number): number {
  let hash = 0;
  for (let i = 0; i < count; i++) {
    hash = Math.imul(hash ^ (words[i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
