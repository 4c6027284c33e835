/** The lock's invariants and goals. */
import type { Property } from '../../check/property.ts';
import { leaseLockGoals } from './goals.ts';
import { fence } from './properties/fencing.ts';
import { fairness, noGhosts, ownership, rising, stable } from './properties/granting.ts';
import { exclusionBy, honesty } from './properties/holding.ts';
import { lockDelayProperties } from './properties/lock-delay.ts';
import { keptBy } from './properties/losing.ts';
import { passedOn } from './properties/passing-on.ts';
import { workDone } from './properties/work.ts';

export const leaseLockProperties: readonly Property[] = [
  fence,
  rising,
  exclusionBy('Granted'),
  honesty,
  keptBy('Granted'),
  ownership,
  noGhosts,
  fairness,
  passedOn,
  stable,
  workDone,
  ...lockDelayProperties,
  ...leaseLockGoals,
];
