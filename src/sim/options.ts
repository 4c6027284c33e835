/** Strict mode: a misspelt option is a mistake with a name, not an `undefined` that quietly decides. */
import { ContractError } from './context.ts';
import { nearest } from './nearest.ts';

/**
 * The same options, which throw where a name is read that is not among them but nearly one of them. Any other name reads as undefined,
 * as ever: code that several protocols share may ask for options that some of them do not have. A Proxy costs 50 ns a read: only for runs
 * that are strict anyway.
 * @param read how the protocol writes it, e.g. `context.options`
 * @throws ContractError from where it is read
 */
export function guardedOptions<Options extends object>(options: Options, read: string): Options {
  return new Proxy(options, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target) return Reflect.get(target, name);
      const similar = nearest(name, Object.keys(target));
      // A shorter name is another one: `retry` beside `retryMax`.
      if (similar === undefined || similar.toLowerCase().startsWith(name.toLowerCase())) return undefined;
      const known = Object.keys(target).join(', ');
      throw new ContractError(
        `${read}.${name}: there is no such option; did you mean ${similar}? (there are ${known})`,
      );
    },
  });
}
