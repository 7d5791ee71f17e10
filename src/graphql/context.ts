// What resolvers know about the request. Created once per operation, after the session was looked up.
import type { GraphQLSchema } from 'graphql';
import type { PasskeySettings } from '../config/settings.ts';
import type { Outbox } from '../delivery/outbox.ts';
import type { TxtRecords } from '../domains/txt-record.ts';
import type { CheckLimit } from '../factors/password/check-limit.ts';
import type { NewPasswords } from '../factors/password/new-passwords.ts';
import type { FactorRegistry } from '../factors/registry.ts';
import type { WorkflowChanges } from '../persistence/workflow-changes.ts';
import { type Clock, secondsOf } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { Grants, SessionGrant } from '../sessions/grants.ts';
import { consumeGrant } from '../sessions/operation-grant.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import type { Presented } from '../step-up/auth-context.ts';
import type { Caller } from '../workflows/caller.ts';
import type { WorkflowRunner } from '../workflows/runner.ts';
import type { AskAgain } from '../workflows/steps/wait.ts';
import type { RequestBudget } from './request-budget.ts';

/** The parts of the server that resolvers call. */
export interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly passwords: NewPasswords;
  /** Where the proofs of domains are looked up. */
  readonly records: TxtRecords;
  readonly checkLimit: CheckLimit;
  readonly grants: Grants;
  readonly outbox: Outbox;
  readonly changes: WorkflowChanges;
  readonly ring: KeyRing;
  readonly clock: Clock;
  /** The schemas of other services. Their `describe` texts say what a bound operation does. */
  readonly apiSchemas: readonly GraphQLSchema[];
  /** The name that users know this instance by. Authenticator apps list accounts under it. */
  readonly productName: string;
  /** Null when passkeys are not on offer. */
  readonly passkeys: PasskeySettings | null;
  /** What approving devices call this server in the texts that they sign. */
  readonly approvalServer: string;
  /** The public key with which devices subscribe to Web Push. Null if it is off. */
  readonly pushKey: string | null;
}

export interface GraphQLContext extends Caller {
  readonly services: Services;
  /** Whether the operation came in the URL of a GET request. Proxies log URLs. */
  readonly isUrlQuery: boolean;
  /** How much more this request may ask for. */
  readonly budget: RequestBudget;
  /** The session of a token whose only fault is that it expired. It grants no access, but can still sign out. */
  readonly expiredSessionId: string | null;
  /** Finds out again who is asking, for a subscription, which may outlive the session. */
  readonly askAgain: AskAgain;
  /** How the client receives its tokens and where it keeps its refresh token. */
  readonly delivery: SessionDelivery;
}

/** Tokens are sent in the response body, or as cookies that scripts cannot read. */
export interface SessionDelivery {
  /** The refresh token from the request's cookie. */
  readonly refreshToken: string | null;
  /** Returns the grant as the client sees it. With cookies, the tokens are set as cookies and removed from it. */
  deliver(grant: SessionGrant): SessionGrant;
  /** Clears the session's cookies, if any. */
  clear(): void;
}

/** The context of a field guarded by `@authenticated` or `@stepUp`, where the session is never null. */
export function signedIn(context: GraphQLContext): GraphQLContext & { readonly session: PresentedSession } {
  const { session } = context;
  if (session === null) throw new Error('A field that needs a session is not guarded.');
  return { ...context, session };
}

/** The caller, in the form that guards need. */
export function authContextOf({ session, tokenFault, services }: GraphQLContext): Presented {
  return { authContext: session, fault: tokenFault, now: secondsOf(services.clock.now()) };
}

/** Consumes the proof that is bound to the operation about to run. */
export async function consumeProof(
  { session, em, services }: GraphQLContext,
  digest: string,
  demand: Requirement,
): Promise<boolean> {
  if (session === null) return false;
  return consumeGrant(em, services.ring, session, digest, demand, services.clock.now());
}
