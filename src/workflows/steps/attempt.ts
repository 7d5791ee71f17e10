// Checks a proof. An attempt is spent before the check. A correct proof gives it back, together with everything that
// the step writes, or on its own if those writes fail.
import type { AnyMachineSnapshot } from 'xstate';
import { addNotice } from '../../delivery/notices.ts';
import type { Alarm } from '../../factors/alarm.ts';
import { type Accepted, REJECTED, type Rejected, type Verdict } from '../../factors/factor.ts';
import { FORGET_FAILURES, failuresOf, TAKE_BACK_FAILURE } from '../../factors/lockout.ts';
import type { NewIdentity } from '../../factors/oauth/proven-identity.ts';
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { readTime, secondsOf } from '../../platform/clock.ts';
import { categoriesOf } from '../../policy/assurance.ts';
import { type Evidence, evidenceOf } from '../../policy/evidence.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { FAILURES_BEFORE_LOCK, FIRST_LOCK_SECONDS, isClosed } from '../../policy/lockout.ts';
import type { Caller } from '../caller.ts';
import { tellOfBypass, unlessCaptured } from '../captured.ts';
import { viewOf } from '../charts.ts';
import { addPendingIdentity } from '../effects/link-identity.ts';
import type { Outcome } from '../effects/outcome.ts';
import { ProofRejected } from '../errors.ts';
import type { PendingLink } from '../event.ts';
import { countFailure } from '../network-limits.ts';
import { audit } from './audit.ts';
import { type Claimed, claim, keepingAttempt, proved } from './claim.ts';
import { exchangeProof } from './exchange-proof.ts';
import { identifyByProof } from './identify-by-proof.ts';
import { performWithinLimits } from './perform-within-limits.ts';
import { recordOfApproval } from './record-approval.ts';
import { present, type WorkflowReply } from './reply.ts';
import { reportTest } from './report-test.ts';
import { evidenceBefore } from './running.ts';
import type { StepServices } from './services.ts';
import { giveBackAttempt } from './spend-attempt.ts';
import { advance, advanceIdentified, endOf, type Step, take } from './step.ts';
import { weighIdentity } from './weigh-identity.ts';

export interface Proof {
  /** The member of `ProofInput` that carried it, and read it. */
  readonly name: string;
  readonly value: unknown;
  /** Whether the person wants this browser to be remembered. */
  readonly rememberBrowser?: boolean;
}

export function attempt(
  services: StepServices,
  id: string,
  proof: Proof,
  caller: Caller,
): Promise<WorkflowReply> {
  return services.networks.during(caller.client, async (origin) => {
    const asked = await claim(services, id, proof.name, origin, caller);
    const exchanged = await exchangeProof(services, asked, proof.value);
    if (asked.step.name === 'provider-test') return endTest(services, asked, exchanged);
    const value = await weighIdentity(services, asked, exchanged);
    const claimed = await identifyByProof(services, asked, value);
    const verdict = await keepingAttempt(claimed.row, caller, () => verify(services, claimed, value));
    if (!verdict.accepted) return reject(services, claimed, verdict);
    const { next, outcome } = await redeem(services, claimed, verdict, proof).catch((error: unknown) =>
      giveBack(claimed, error),
    );
    return present(services, claimed.step, next, outcome);
  });
}

function endTest(services: StepServices, asked: Claimed, exchanged: unknown): Promise<WorkflowReply> {
  const { row, step, factor } = asked;
  const identity = services.factors.get(factor)?.identityAtProvider?.(exchanged) ?? null;
  if (identity === null) return reject(services, asked, REJECTED);
  return keepingAttempt(row, step.caller, () => reportTest(services, asked, identity));
}

async function verify(
  { factors }: StepServices,
  { step, factor }: Claimed,
  proof: unknown,
): Promise<Verdict> {
  const { row, account, name, snapshot, now } = step;
  const { proves } = viewOf(name, snapshot);
  const enrolling = proves.what === 'NEW' ? proves.authenticatorId : null;
  const verdict = await factors.get(factor)?.verify(proof, {
    workflowId: row.id,
    account,
    authenticators: (account?.authenticators ?? []).filter((one) =>
      enrolling === null ? one.confirmed : one.id === enrolling,
    ),
    enrolling,
    identifies: proves.what === 'ANYBODYS',
    provedBefore: [...categoriesOf(evidenceBefore(step).filter((one) => one.factor !== factor))],
    challenge: row.challenges.find((one) => one.factor === factor) ?? null,
    presentedCertificate: step.caller.presentedCertificate,
    now,
  });
  // A decoy's code was not sent to anybody, so even a correct guess is rejected.
  if (verdict === undefined || account === null) return REJECTED;
  return unlessCaptured(step, factor, proves, verdict);
}

/** Commits the results of an accepted proof. */
async function redeem(
  services: StepServices,
  { step, row, factor, isIdentified }: Claimed,
  accepted: Accepted,
  { rememberBrowser = false }: Proof,
): Promise<{ readonly next: AnyMachineSnapshot; readonly outcome: Outcome }> {
  const { consume, notice, links = null } = accepted;
  const { unitOfWork } = step;
  const [next, effects] = take(step, proved(step, evidenceFrom(accepted, factor, step), pendingLink(links)));
  if (isIdentified) advanceIdentified(step, next, -1);
  else advance(step, next, -1);
  consume?.(unitOfWork);
  const outcome = await performWithinLimits(services, step, effects, { rememberBrowser, links });
  if (links !== null && outcome.linked === undefined) addPendingIdentity(step, links);
  await tellOfBypass(services, step, outcome);
  if (notice !== undefined) addNotice(services.outbox, step, notice);
  const end = endOf(next);
  unitOfWork.write(
    end === 'complete' ? FORGET_FAILURES({ subject: row.subject }) : TAKE_BACK_FAILURE(failuresOf(row)),
  );
  const sessionId = outcome.grant?.session.id ?? row.sessionId;
  const approval = recordOfApproval(services, step, factor, accepted);
  audit(step, 'proof-accepted', { factor, sessionId, approval });
  if (end !== null) audit(step, end, { sessionId });
  await unitOfWork.commit(step.caller.em);
  return { next, outcome };
}

function pendingLink(links: NewIdentity | null): PendingLink | null {
  if (links === null) return null;
  const { id: identityId, providerId, capture } = links;
  return {
    identityId,
    providerId,
    capture: capture && { domainId: capture.domainId, digest: capture.digest },
  };
}

/** What is proved for the first time is enrolled by this proof. */
function evidenceFrom(
  { categories, completedAt, amr, enrolledAt, source }: Accepted,
  factor: FactorKind,
  step: Step,
): Evidence {
  const proof = evidenceOf(factor, completedAt ?? secondsOf(step.now), categories, amr);
  const evidence = source === undefined ? proof : { ...proof, source };
  const isNew = viewOf(step.name, step.snapshot).proves.what === 'NEW';
  const since = isNew ? step.now : enrolledAt == null ? null : readTime(enrolledAt);
  return since === null ? evidence : { ...evidence, enrolledAt: secondsOf(since) };
}

/** Gives back the attempt of a correct proof whose step could not be committed, because it was not a guess. */
async function giveBack({ step, row }: Claimed, error: unknown): Promise<never> {
  // A conflict rolls everything back. Any other failure may hide a successful commit, which gave the attempt back.
  const unlessCommitted = !(error instanceof Conflict);
  // If the database is unavailable, the attempt cannot be given back.
  await giveBackAttempt(sqlOf(step.caller.em), row, { unlessCommitted }).catch(() => {});
  throw error;
}

async function reject(
  services: StepServices,
  { step, row, factor, origin }: Claimed,
  { isReplay = false, alarm }: Rejected,
): Promise<never> {
  const { unitOfWork, now } = step;
  const { sessionId } = row;
  const attemptsRemaining = row.maxAttempts - row.attempts;
  audit(step, 'proof-rejected', { factor, sessionId });
  if (attemptsRemaining <= 0) {
    const [next] = take(step, { type: 'EXHAUST' });
    advance(step, next);
    audit(step, 'failed', { sessionId });
  }
  if (isReplay) unitOfWork.write(TAKE_BACK_FAILURE(failuresOf(row)));
  else if (row.counted !== null) {
    countFailure(unitOfWork, origin, row, now);
    tellOfLock(services, step, row.counted.failures);
  }
  if (alarm !== undefined) raise(services, step, factor, alarm);
  await unitOfWork.commit(step.caller.em);
  throw new ProofRejected(attemptsRemaining);
}

function raise(
  { outbox }: StepServices,
  step: Step,
  factor: FactorKind,
  { audit: type, notice }: Alarm,
): void {
  const { row, account, caller, unitOfWork, now } = step;
  const entry = {
    type,
    tenantId: row.tenantId,
    userId: account?.id ?? null,
    sessionId: row.sessionId,
    factor,
  };
  addAudit(unitOfWork, entry, byAnonymous(caller.client), now);
  addNotice(outbox, step, notice);
}

/** Notifies the user of the first lock and of the permanent one, but not of those between. */
function tellOfLock({ outbox }: StepServices, step: Step, failures: number): void {
  // A closed counter counts no further failure, so this happens once.
  const isForGood = isClosed(failures);
  if (failures !== FAILURES_BEFORE_LOCK && !isForGood) return;
  const minutes = isForGood ? null : FIRST_LOCK_SECONDS / 60;
  addNotice(outbox, step, { name: 'account-locked', minutes });
}
