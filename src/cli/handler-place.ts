/** Where in the user's files a handler stands: for failures that no stack trace leads to, since the handler had returned when they showed. */
import { Session } from 'node:inspector';
import type { Protocol } from '../check/protocol.ts';
import type { Plan } from '../scenario/plan.ts';
import type { AnyRole, NodeId } from '../sim/protocol.ts';
import { userFrames } from './frames.ts';

/** `at onMessage.Add (my-protocol.js:12:10)`; nothing where it is not known. `handler` as failures name it: `raft: onTimer.election`. */
export function handlerPlace(protocol: Protocol, plan: Plan, node: NodeId, handler: string): string[] {
  const role = protocol.roles[plan.nodes.find(({ id }) => id === node)?.role ?? ''];
  const parsed = /^(?:(.+): )?(\w+)(?:\.([^/]+))?/.exec(handler);
  if (role === undefined || parsed === null) return [];
  const [, path, table, entry] = parsed;
  const held = (partOf(role, path) as { readonly [name: string]: unknown } | undefined)?.[table as string];
  const found = entry === undefined ? held : (held as { readonly [name: string]: unknown } | undefined)?.[entry];
  const place = typeof found === 'function' ? placeOfFunction(found) : undefined;
  return place === undefined ? [] : userFrames(`at ${handler.replace(/^.*: /, '')} (${place})`);
}

function partOf(role: AnyRole, path: string | undefined): AnyRole | undefined {
  if (path === undefined) return role;
  return path.split('/').reduce<AnyRole | undefined>((part, name) => part?.components?.[name]?.role, role);
}

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

/** V8 knows where each function was written; only its inspector tells. Of this thread it answers at once. */
function placeOfFunction(wanted: object): string | undefined {
  const session = new Session();
  const holder = globalThis as { worldlineHandler?: object };
  const scripts = new Map<string, string>();
  let location: Location | undefined;
  session.connect();
  try {
    session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params.url));
    session.post('Debugger.enable');
    holder.worldlineHandler = wanted;
    session.post('Runtime.evaluate', { expression: 'globalThis.worldlineHandler' }, (failed, answer) => {
      if (failed !== null || answer.result.objectId === undefined) return;
      session.post('Runtime.getProperties', { objectId: answer.result.objectId }, (_failed, properties) => {
        const found = properties?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]');
        location = found?.value?.value as Location | undefined;
      });
    });
  } finally {
    delete holder.worldlineHandler;
    session.disconnect();
  }
  const url = location === undefined ? undefined : scripts.get(location.scriptId);
  return url === undefined || location === undefined
    ? undefined
    : `${url}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
}
