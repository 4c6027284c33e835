/** Strict mode: reading an option that nobody has given is a mistake with a name, not an `undefined` that quietly decides. */
import { ContractError } from './context.ts';
import { didYouMean } from './nearest.ts';

/**
 * The same options, frozen, which throw where a name is read that is not among them. `name in options` may still be asked. A Proxy
 * costs 50 ns a read: only for runs that are strict anyway.
 * @param read how the protocol writes it, e.g. `context.options`
 * @throws ContractError from where it is read
 */
export function guardedOptions<Options extends object>(options: Options, read: string): Options {
  return new Proxy(options, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target || askedOfAnyObject.has(name)) return Reflect.get(target, name);
      throw new ContractError(`${read}.${name}: ${whyUnknown(name, Object.keys(target))}`);
    },
  });
}

/** JSON.stringify asks for the one, whoever awaits a value for the other. */
const askedOfAnyObject: ReadonlySet<string> = new Set(['toJSON', 'then']);

function whyUnknown(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'there is no such option; there are none';
  const similar = didYouMean(name, known);
  return `there is no such option${similar === undefined ? '' : `; ${similar}`} (there are ${known.join(', ')})`;
}
