/** Short lists. */

/** The same as `[...items, item]`, and exact: what `push` makes of a new list has room for seventeen. */
export function withLast<T>(items: readonly T[], item: T): T[] {
  switch (items.length) {
    case 0:
      return [item];
    case 1:
      return [items[0] as T, item];
    case 2:
      return [items[0] as T, items[1] as T, item];
    default:
      return [...items, item];
  }
}

/** The same as `splice(place, 1)`, which would hand over what it has removed in a list of its own. */
export function removeAt<T>(items: T[], place: number): void {
  for (let i = place + 1; i < items.length; i++) items[i - 1] = items[i] as T;
  items.pop();
}
