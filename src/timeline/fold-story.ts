/**
 * Quiet parts of a story folded: what leads to something that one node notes, with nothing else of note in between, is one row.
 * An election that nobody disturbs is `n1 is elected leader of term 1 with 4 votes`, not six rows.
 */
import type { NodeId } from '../sim/protocol.ts';
import type { Row } from './rows.ts';
import { list } from './tell.ts';

/** A row of a story before folding. */
export interface Draft {
  readonly row: Row;
  /** What the step noted, as verbs and what belongs to them. */
  readonly notes: readonly { readonly node: NodeId; readonly phrase: string }[];
  /** Neither a fact nor a fault nor what broke: may be folded. */
  readonly isQuiet: boolean;
}

/** Fewer rows than this are shown as they are. */
const ROWS_WORTH_FOLDING = 3;
/** Of what a node has noted in a stretch, the last so many are told. */
const NOTES_TOLD = 2;

export function folded(drafts: readonly Draft[]): Row[] {
  const rows: Row[] = [];
  let stretch: Draft[] = [];
  const flush = (): void => {
    rows.push(...foldStretch(stretch));
    stretch = [];
  };
  for (const draft of drafts) {
    if (!draft.isQuiet) {
      flush();
      rows.push(draft.row);
      continue;
    }
    if (!goesOnWith(stretch, draft)) flush();
    stretch.push(draft);
  }
  flush();
  return rows;
}

/** A stretch is about one node: the only one that notes anything. */
function goesOnWith(stretch: readonly Draft[], draft: Draft): boolean {
  const known = stretch.flatMap(({ notes }) => notes.map(({ node }) => node))[0];
  return known === undefined || draft.notes.every(({ node }) => node === known);
}

/** Everything up to the last note becomes one row; what comes after it stays. */
function foldStretch(stretch: readonly Draft[]): Row[] {
  const last = stretch.findLastIndex(({ notes }) => notes.length > 0);
  const part = stretch.slice(0, last + 1);
  const rest = stretch.slice(last + 1).map(({ row }) => row);
  const end = part.at(-1);
  if (part.length < ROWS_WORTH_FOLDING || end === undefined) return stretch.map(({ row }) => row);
  const notes = part.flatMap((draft) => draft.notes);
  const phrases = [...new Set(notes.map(({ phrase }) => phrase))].slice(-NOTES_TOLD);
  const text = `${notes[0]?.node} ${list(phrases)} (${part.length} steps).`;
  return [{ ...end.row, text, steps: part.length }, ...rest];
}
