/** A lock by the recipe of ZooKeeper, over the replicated store. */
import type { Protocol } from '../../../check/protocol.ts';
import type { AnyRole } from '../../../sim/protocol.ts';
import { createRecipeLock } from '../store/recipe-lock.ts';
import { zooKeeperBugs } from './bugs.ts';
import { createZooKeeperClient } from './client.ts';

export const zooKeeperLock: Protocol = createRecipeLock({
  name: 'zookeeper-lock',
  title: "a lock by ZooKeeper's recipe: ephemeral, sequential nodes, of which each watches the one before",
  bugs: zooKeeperBugs,
  client: (rules) => createZooKeeperClient(rules) as AnyRole,
});
