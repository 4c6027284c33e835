/**
 * Who leads a ballot: the coordinator, which listens in ballot 0 and leads another when votes are missing, and any acceptor that is asked
 * by a participant in doubt (GL 4.2). Nobody's crash blocks as long as a majority of the acceptors is together.
 */
import type { NodeId } from '../../sim/protocol.ts';
import { numberAbove } from '../atomic-commit/numbering.ts';
import type { TxnId } from '../atomic-commit/transactions.ts';
import { accept, consensusOn, hearVote, promise } from './acceptor.ts';
import type { Rules } from './rules.ts';
import type {
  Acceptance,
  Acceptor,
  AcceptorContext,
  AcceptorTimer,
  BallotNumber,
  Decision,
  Group,
  Inquiry,
  Leading,
  Outvoted,
  PeerMessage,
  Phase1a,
  Phase1b,
  Phase2a,
  Phase2b,
  Requested,
  Vote,
} from './shape.ts';

/** What coordinators and acceptors do in their own way. */
export interface Kit<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext> {
  readonly rules: Rules;
  requestOf(state: State, txn: TxnId): Requested;
  /** It is decided, here or elsewhere. */
  decided(state: State, txn: TxnId, commit: boolean, context: Ctx): void;
  /** Whether this process goes on leading, with another ballot, where it could not reach a majority. */
  insists(state: State, txn: TxnId): boolean;
  /** A transaction of before a restart that this process itself may not hear of for the first time. */
  isOver(state: State, txn: TxnId, context: Ctx): boolean;
}

type Handlers<State, Ctx> = {
  readonly [Message in PeerMessage | Vote | Inquiry as Message['type']]: (
    state: State,
    from: NodeId,
    message: Message,
    context: Ctx,
  ) => void;
};

export const acceptorMessages = <State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
): Handlers<State, Ctx> => ({
  Vote: (state, from, message, context) => onVote(kit, state, from, message, context),
  Inquiry: (state, from, message, context) => onInquiry(state, from, message, context),
  Phase1a: (state, from, message, context) => onPhase1a(kit, state, from, message, context),
  Phase1b: (state, from, message, context) => onPhase1b(kit, state, from, message, context),
  Phase2a: (state, from, message, context) => onPhase2a(kit, state, from, message, context),
  Phase2b: (state, from, message, context) => onPhase2b(kit, state, from, message, context),
  Outvoted: (state, _from, message, context) => onOutvoted(state, message, context),
  Decision: (state, from, message, context) => onDecision(kit, state, from, message, context),
});

export const acceptorTimers = <State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
): { readonly [Timer in AcceptorTimer]: (state: State, txn: string | undefined, context: Ctx) => void } => ({
  ballot: (state, txn, context) => onBallotTimer(kit, state, txn as TxnId, context),
  takeover: (state, txn, context) => onTakeoverTimer(kit, state, txn as TxnId, context),
});

const leadingOf = ({ leading }: Acceptor, txn: TxnId): Leading | undefined =>
  leading.find((ballot) => ballot.txn === txn);

function startLeading(acceptor: Acceptor, leading: Leading): void {
  acceptor.leading = acceptor.leading.filter(({ txn }) => txn !== leading.txn);
  acceptor.leading.push(leading);
}

function stopLeading(acceptor: Acceptor, txn: TxnId, context: AcceptorContext): void {
  if (leadingOf(acceptor, txn) === undefined) return;
  acceptor.leading = acceptor.leading.filter((ballot) => ballot.txn !== txn);
  context.cancelTimer('ballot', txn);
}

// ---- Ballot 0 --------------------------------------------------------------------------------------------------------------------

/** The coordinator has asked all participants to prepare, and waits for what the acceptors have heard of them. */
export function listen(acceptor: Acceptor, txn: TxnId, group: Group, context: AcceptorContext): void {
  consensusOn(acceptor, txn, group);
  startLeading(acceptor, { txn, group, ballot: 0, phase: 'voting', promises: [], prepared: [], accepted: [] });
  context.setTimer('ballot', context.options.voteTimeout, txn);
}

/** A no is told to the coordinator alone: from then on nobody can propose anything but "aborted" for this participant (GL 4.2). */
function onVote<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, vote, group }: Vote,
  context: Ctx,
): void {
  const { acceptor } = state;
  if (acceptor.outcomes[txn] !== undefined || kit.isOver(state, txn, context)) return;
  if (vote === 'no') {
    decide(
      kit,
      state,
      txn,
      group,
      false,
      group.participants.filter((node) => node !== from),
      context,
    );
    return;
  }
  const one = consensusOn(acceptor, txn, group);
  if (!hearVote(kit.rules, one, txn, from, (of) => kit.requestOf(state, of), context)) return;
  const coordinator = group.acceptors[0] as NodeId;
  if (coordinator === context.self) accepted(kit, state, coordinator, txn, 0, context);
  else context.send(coordinator, { type: 'Phase2b', txn, ballot: 0 });
}

// ---- Other ballots ---------------------------------------------------------------------------------------------------------------

const rankOf = ({ acceptors }: Group, node: NodeId): number => acceptors.indexOf(node);

/** GL 4.2: phase 1, in a ballot higher than all that this acceptor has heard of. */
export function lead<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  group: Group,
  context: Ctx,
): void {
  const one = consensusOn(state.acceptor, txn, group);
  const ballot = numberAbove(Math.max(one.promised, one.seen), rankOf(group, context.self));
  const own = promise(one, txn, ballot, (of) => kit.requestOf(state, of), context);
  const promises = [{ node: context.self, accepted: own }];
  const leading: Leading = { txn, group, ballot, phase: 'asking', promises, prepared: [], accepted: [] };
  startLeading(state.acceptor, leading);
  context.note('leading', { txn, ballot });
  context.setTimer('ballot', context.options.voteTimeout, txn);
  const others = group.acceptors.filter((node) => node !== context.self);
  if (others.length === 0 || !kit.rules.asksFirst()) {
    propose(kit, state, leading, context);
    return;
  }
  kit.rules.keep(context);
  for (const node of others) context.send(node, { type: 'Phase1a', txn, ballot, group });
}

function onPhase1a<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, ballot, group }: Phase1a,
  context: Ctx,
): void {
  const { acceptor } = state;
  const outcome = acceptor.outcomes[txn];
  if (outcome !== undefined) {
    context.send(from, { type: 'Decision', txn, commit: outcome });
    return;
  }
  const one = consensusOn(acceptor, txn, group);
  if (ballot !== one.promised && !kit.rules.mayPromise(ballot, one.promised)) {
    context.send(from, { type: 'Outvoted', txn, ballot: one.promised });
    return;
  }
  if (ballot !== one.promised) {
    // Ballot 0 may have been accepted by a majority, of which the coordinator will hear.
    if (leadingOf(acceptor, txn)?.phase !== 'voting') stopLeading(acceptor, txn, context);
    context.cancelTimer('takeover', txn);
    one.isAsked = false;
    lookAgain(kit, state, txn, context);
    promise(one, txn, ballot, (of) => kit.requestOf(state, of), context);
    kit.rules.keep(context);
  }
  context.send(from, { type: 'Phase1b', txn, ballot, accepted: one.accepted });
}

/** Another leads. Where a client waits here, and what is decided there is lost on the way, nobody else would ask for it. */
function lookAgain<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  context: Ctx,
): void {
  if (leadingOf(state.acceptor, txn) === undefined && kit.insists(state, txn))
    context.setTimer('takeover', context.options.voteTimeout, txn);
}

function onPhase1b<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, ballot, accepted: said }: Phase1b,
  context: Ctx,
): void {
  hear(state.acceptor, from);
  const leading = leadingOf(state.acceptor, txn);
  if (leading?.ballot !== ballot || leading.phase !== 'asking') return;
  if (leading.promises.some(({ node }) => node === from)) return;
  leading.promises.push({ node: from, accepted: said });
  if (kit.rules.isMajority(leading.promises.length, leading.group.acceptors.length))
    propose(kit, state, leading, context);
}

/** GL 4.1, phase 2a: one message for all instances, this acceptor being the first to accept. */
function propose<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  leading: Leading,
  context: Ctx,
): void {
  const { txn, group, ballot } = leading;
  const said = leading.promises.map(({ accepted: one }) => one).filter((one): one is Acceptance => one !== null);
  const prepared = kit.rules.mustPropose(said);
  leading.phase = 'proposing';
  leading.prepared = prepared;
  const one = consensusOn(state.acceptor, txn, group);
  accept(one, txn, ballot, prepared, (of) => kit.requestOf(state, of), context);
  kit.rules.keep(context);
  for (const node of group.acceptors) {
    if (node !== context.self) context.send(node, { type: 'Phase2a', txn, ballot, group, prepared });
  }
  accepted(kit, state, context.self, txn, ballot, context);
}

function onPhase2a<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, ballot, group, prepared }: Phase2a,
  context: Ctx,
): void {
  const { acceptor } = state;
  const one = consensusOn(acceptor, txn, group);
  if (!kit.rules.mayAccept(ballot, one.promised)) {
    context.send(from, { type: 'Outvoted', txn, ballot: one.promised });
    return;
  }
  if (one.accepted?.ballot !== ballot) {
    const own = leadingOf(acceptor, txn);
    if (own !== undefined && own.phase !== 'voting') stopLeading(acceptor, txn, context);
    lookAgain(kit, state, txn, context);
    accept(one, txn, ballot, prepared, (of) => kit.requestOf(state, of), context);
    kit.rules.keep(context);
  }
  context.send(from, { type: 'Phase2b', txn, ballot });
}

function onPhase2b<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, ballot }: Phase2b,
  context: Ctx,
): void {
  hear(state.acceptor, from);
  accepted(kit, state, from, txn, ballot, context);
}

function hear(acceptor: Acceptor, from: NodeId): void {
  if (acceptor.silent.includes(from)) acceptor.silent = acceptor.silent.filter((node) => node !== from);
}

/** GL 4.1: accepted by a majority in one ballot is chosen, and the transaction commits if all are prepared. */
function accepted<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  txn: TxnId,
  ballot: BallotNumber,
  context: Ctx,
): void {
  const leading = leadingOf(state.acceptor, txn);
  if (leading?.ballot !== ballot || leading.phase === 'asking' || leading.accepted.includes(from)) return;
  leading.accepted.push(from);
  const { group, phase, prepared } = leading;
  if (!kit.rules.isMajority(leading.accepted.length, group.acceptors.length)) return;
  const commit = phase === 'voting' || prepared.length === group.participants.length;
  decide(kit, state, txn, group, commit, group.participants, context);
}

/** Another leads. Its ballot is remembered, so that the next one of this acceptor is higher. */
function onOutvoted(
  { acceptor }: { readonly acceptor: Acceptor },
  { txn, ballot }: Outvoted,
  context: AcceptorContext,
): void {
  const one = acceptor.consensus[txn];
  if (one === undefined || ballot <= one.seen) return;
  one.seen = ballot;
  context.note('outvoted', { txn, ballot });
}

/** Votes, promises or acceptances are missing. */
function onBallotTimer<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  context: Ctx,
): void {
  const leading = leadingOf(state.acceptor, txn);
  if (leading === undefined) return;
  context.note(leading.phase === 'voting' ? 'votesMissing' : 'blocked', { txn });
  if (leading.phase === 'voting') suspect(kit.rules, state.acceptor, leading, context);
  if (leading.phase === 'voting' || kit.insists(state, txn)) lead(kit, state, txn, leading.group, context);
  else stopLeading(state.acceptor, txn, context);
}

/** GL 4.3: F + 1 acceptors suffice; whoever of them seems to be down is the last to be chosen from now on. */
function suspect(
  { votersFor }: Rules,
  acceptor: Acceptor,
  { group, accepted: by }: Leading,
  { self, options }: AcceptorContext,
): void {
  for (const node of votersFor(group.acceptors, options.votesTo)) {
    if (node === self || by.includes(node)) continue;
    hear(acceptor, node);
    acceptor.silent.push(node);
  }
}

// ---- Take-over -------------------------------------------------------------------------------------------------------------------

/** The coordinator leads at once, the others one after the other, so that mostly one does. */
function onInquiry(
  { acceptor }: { readonly acceptor: Acceptor },
  from: NodeId,
  { txn, group }: Inquiry,
  context: AcceptorContext,
): void {
  const outcome = acceptor.outcomes[txn];
  if (outcome !== undefined) {
    context.send(from, { type: 'Decision', txn, commit: outcome });
    return;
  }
  if (leadingOf(acceptor, txn) !== undefined) return;
  const one = consensusOn(acceptor, txn, group);
  if (one.isAsked) return;
  one.isAsked = true;
  context.setTimer('takeover', context.options.takeoverDelay * rankOf(group, context.self), txn);
}

function onTakeoverTimer<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  context: Ctx,
): void {
  const { acceptor } = state;
  const one = acceptor.consensus[txn];
  if (one === undefined) return;
  one.isAsked = false;
  if (acceptor.outcomes[txn] !== undefined || leadingOf(acceptor, txn) !== undefined) return;
  lead(kit, state, txn, one.group, context);
}

// ---- Decisions -------------------------------------------------------------------------------------------------------------------

function decide<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  { participants, acceptors }: Group,
  commit: boolean,
  told: readonly NodeId[],
  context: Ctx,
): void {
  context.note(commit ? 'decidedCommit' : 'decidedAbort', { txn });
  learn(kit, state, txn, participants, commit, context);
  const coordinator = acceptors[0] as NodeId;
  for (const node of told) context.send(node, { type: 'Decision', txn, commit });
  if (coordinator !== context.self) context.send(coordinator, { type: 'Decision', txn, commit });
}

function learn<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  txn: TxnId,
  participants: readonly NodeId[],
  commit: boolean,
  context: Ctx,
): void {
  const { acceptor } = state;
  stopLeading(acceptor, txn, context);
  context.disk.append('wal', {
    type: commit ? 'commit' : 'abort',
    txn,
    participants,
    ...kit.requestOf(state, txn),
  });
  acceptor.outcomes[txn] = commit;
  kit.decided(state, txn, commit, context);
}

/**
 * Somebody has decided. Who leads does so because participants have asked: they are told. Where another was sooner than the own time-out
 * for votes, that is the time-out: an acceptor that is down would else be chosen, and waited for, each time again.
 */
function onDecision<State extends { readonly acceptor: Acceptor }, Ctx extends AcceptorContext>(
  kit: Kit<State, Ctx>,
  state: State,
  from: NodeId,
  { txn, commit }: Decision,
  context: Ctx,
): void {
  const { acceptor } = state;
  const group = acceptor.consensus[txn]?.group;
  if (acceptor.outcomes[txn] !== undefined || group === undefined) return;
  const leading = leadingOf(acceptor, txn);
  if (leading?.phase === 'voting') suspect(kit.rules, acceptor, leading, context);
  hear(acceptor, from);
  if (leading !== undefined) decide(kit, state, txn, group, commit, group.participants, context);
  else learn(kit, state, txn, group.participants, commit, context);
}
