/** `npm run bench -- kernel 20`: compiles sources and benchmarks to .bench/, runs bench/kernel.ts with the rest as arguments. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !existsSync(`bench/${name}.ts`)) {
  console.error('usage: npm run bench -- NAME [ARGUMENT...], NAME being a program of bench/ without its ending');
  process.exit(2);
}
spawnSync('npx', ['tsc', '-p', 'tsconfig.bench.json'], { stdio: ['ignore', 'ignore', 'inherit'] });
// What V8 is told by the command line in long campaigns: src/cli/engine.ts.
const flags = ['--no-parallel-scavenge', '--max-inlined-bytecode-size-cumulative=2000'];
process.exit(
  spawnSync(process.execPath, [...flags, `.bench/bench/${name}.js`, ...rest], { stdio: 'inherit' }).status ?? 1,
);
