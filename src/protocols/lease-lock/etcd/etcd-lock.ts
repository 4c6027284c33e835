/** A lock by the recipe of etcd (clientv3/concurrency), over the replicated store. */
import type { Protocol } from '../../../check/protocol.ts';
import type { AnyRole } from '../../../sim/protocol.ts';
import { createRecipeLock } from '../store/recipe-lock.ts';
import { etcdBugs } from './bugs.ts';
import { createEtcdClient } from './client.ts';

export const etcdLock: Protocol = createRecipeLock({
  name: 'etcd-lock',
  title: "a lock by etcd's recipe: a key under a lease, and the order of creation is the queue",
  bugs: etcdBugs,
  client: (rules) => createEtcdClient(rules) as AnyRole,
});
