// Users of a captured domain sign in with its provider, whatever they begin with. Administrators who are named for it may sign
// in without the provider, with their second factor.
import { administratorsOf, tellAdministrators } from '../domains/administrators.ts';
import type { Account } from '../factors/account.ts';
import { type Accepted, REJECTED, type Verdict } from '../factors/factor.ts';
import { addAudit, byUser } from '../persistence/audit.ts';
import { sqlOf } from '../persistence/orm.ts';
import { AssuranceLevel, assuranceLevel } from '../policy/assurance.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { throttleOf } from '../policy/lockout.ts';
import type { Outcome } from './effects/outcome.ts';
import { ProviderRequired } from './errors.ts';
import type { StepServices } from './steps/services.ts';
import type { Step } from './steps/step.ts';
import { isFirstStep, type Proves } from './view.ts';

type Source = Pick<Evidence, 'source'>;

/** Whether the user of a captured domain has proved this at its provider. */
function isFromProvider({ capture }: Account, { source }: Source): boolean {
  return capture === null || source?.providerId === capture.providerId;
}

/**
 * The verdict on the first step. What can be guessed is rejected, right or wrong, so that nobody learns by it which of the two
 * it was. @throws {ProviderRequired}
 */
export function unlessCaptured(
  { name, account, row }: Pick<Step, 'name' | 'account' | 'row'>,
  factor: FactorKind,
  proves: Proves,
  verdict: Verdict,
): Verdict {
  if (!verdict.accepted || account === null || row.sessionId !== null || !isFirstStep(proves)) return verdict;
  const mayPass = name === 'sign-in' && account.withoutProvider;
  if (mayPass || isFromProvider(account, sourceOf(verdict))) return verdict;
  if (throttleOf(factor) !== null) return REJECTED;
  throw new ProviderRequired();
}

function sourceOf({ source }: Accepted): Source {
  return source === undefined ? {} : { source };
}

/** The last gate before a session: the domain may have been activated since the first step. @throws {ProviderRequired} */
export function requireProvider(account: Account, evidence: readonly Evidence[]): void {
  if (account.capture === null || evidence.some((one) => isFromProvider(account, one))) return;
  if (account.withoutProvider && assuranceLevel(evidence) === AssuranceLevel.AAL2) return;
  throw new ProviderRequired();
}

/** Tells the other administrators when one has signed in without the provider. */
export async function tellOfBypass(
  { outbox }: Pick<StepServices, 'outbox'>,
  { account, row, caller, unitOfWork, now }: Step,
  { grant }: Outcome,
): Promise<void> {
  if (grant === undefined || account === null || row.sessionId !== null) return;
  const { session } = grant;
  const { capture, id: userId, tenantId } = account;
  if (capture === null || session.evidence.some((one) => isFromProvider(account, one))) return;
  const { client } = caller;
  const entry = {
    type: 'sign-in.without-provider',
    tenantId,
    userId,
    sessionId: session.id,
    about: capture.domain,
  } as const;
  addAudit(unitOfWork, entry, byUser(session, client), now);
  const others = await administratorsOf(sqlOf(caller.em), tenantId, userId);
  const administrator = account.email?.typed ?? userId;
  const notice = { name: 'signed-in-without-provider', administrator, ...client, at: now } as const;
  tellAdministrators(outbox, others, notice, { unitOfWork, now });
}
