/** Numbers of elections and ballots. */

const PLACES = 64;

/** Higher than all that was heard of, and no other leader's: a counter, and the leader's place in its group. */
export const numberAbove = (highest: number, place: number): number =>
  (Math.floor(highest / PLACES) + 1) * PLACES + place;

/** `1.2`: the first number of the leader at place 2. */
export const tellNumber = (number: number): string => `${Math.floor(number / PLACES)}.${number % PLACES}`;
