/**
 * Random tests draw the same cases each time, so that what passes on one machine passes on another. `WORLDLINE_TEST_SEED=$RANDOM`
 * with `WORLDLINE_TEST_EFFORT=20` looks for cases nobody has seen.
 */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.WORLDLINE_TEST_SEED ?? 20250101) });
