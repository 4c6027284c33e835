/** `npm run soak -- [RUNS] [PROTOCOL...]`: long campaigns of correct protocols, one after the other; ends with 1 at the first violation. */
import { spawnSync } from 'node:child_process';

const [runs = '20000', ...named] = process.argv.slice(2);
const protocols = named.length > 0 ? named : ['2pc', '3pc', 'q3pc', 'e3pc', 'paxos-commit'];
for (const protocol of protocols) {
  const { status } = spawnSync(
    process.execPath,
    ['dist/cli/main.js', 'fuzz', protocol, '--seed', '1', '--runs', runs],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
