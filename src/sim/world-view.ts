/** The world as observers of one path see it. */
import type { Operation } from './history.ts';
import type { DiskView, World } from './observer.ts';
import type { Part, SimNode } from './process.ts';
import type { Micros, NodeId } from './protocol.ts';

export interface Viewed {
  readonly now: Micros;
  readonly event: number;
  readonly committing: number;
  readonly names: readonly NodeId[];
  readonly nodes: readonly SimNode[];
  readonly calls: { history(): readonly Operation[] };
}

export class WorldView implements World {
  private readonly viewed: Viewed;
  private readonly path: string;
  private readonly disks: (DiskView | undefined)[] = [];

  constructor(viewed: Viewed, path: string) {
    this.viewed = viewed;
    this.path = path;
  }

  get now(): Micros {
    return this.viewed.now;
  }

  get event(): number {
    return this.viewed.event;
  }

  get nodes(): readonly NodeId[] {
    return this.viewed.names;
  }

  roleOf(node: number): string | undefined {
    return this.partOf(node)?.roleName;
  }

  stateOf(node: number): unknown {
    const { status, suffix } = this.viewed.nodes[node] as SimNode;
    const visible = status === 'running' && suffix === undefined && this.viewed.committing !== node;
    return visible ? this.partOf(node)?.state : undefined;
  }

  optionsOf(node: number): object {
    return this.partOf(node)?.options ?? {};
  }

  isUp(node: number): boolean {
    return (this.viewed.nodes[node] as SimNode).status === 'running';
  }

  localTime(node: number): Micros {
    return (this.viewed.nodes[node] as SimNode).clock.elapsed(this.viewed.now);
  }

  backlogOf(node: number): number {
    return (this.viewed.nodes[node] as SimNode).backlog;
  }

  diskOf(node: number): DiskView {
    let view = this.disks[node];
    if (view === undefined) {
      view = this.diskView((this.viewed.nodes[node] as SimNode).index);
      while (this.disks.length <= node) this.disks.push(undefined);
      this.disks[node] = view;
    }
    return view;
  }

  history(): readonly Operation[] {
    return this.viewed.calls.history();
  }

  private partOf(node: number): Part | undefined {
    const { parts } = this.viewed.nodes[node] as SimNode;
    return this.path === '' ? parts[0] : parts.find(({ path }) => path === this.path);
  }

  private diskView(node: number): DiskView {
    const { viewed, path } = this;
    const disk = (): SimNode['disk'] => (viewed.nodes[node] as SimNode).disk;
    return {
      durableRecord: (record) => disk().durable.record(path, record),
      durableLog: (log) => disk().durable.log(path, log),
      cachedRecord: (record) => disk().cached.record(path, record),
      cachedLog: (log) => disk().cached.log(path, log),
    };
  }
}
