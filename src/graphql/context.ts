// What an operation knows of its request. Made once for each operation; the session is found by then.
import type { GraphQLSchema } from 'graphql';
import type { Outbox } from '../delivery/outbox.ts';
import type { CheckLimit } from '../factors/password/check-limit.ts';
import type { NewPasswords } from '../factors/password/new-passwords.ts';
import type { FactorRegistry } from '../factors/registry.ts';
import { sqlOf } from '../persistence/orm.ts';
import { type Clock, secondsOf } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { Grants, SessionGrant } from '../sessions/grants.ts';
import { consumeGrant } from '../sessions/operation-grant.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import type { Presented } from '../step-up/standing.ts';
import type { Caller } from '../workflows/caller.ts';
import type { WorkflowRunner } from '../workflows/runner.ts';
import type { RequestBudget } from './request-budget.ts';

/** The parts of the program that resolvers call. */
export interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly passwords: NewPasswords;
  readonly checkLimit: CheckLimit;
  readonly grants: Grants;
  readonly outbox: Outbox;
  readonly ring: KeyRing;
  readonly clock: Clock;
  /** The schemas of other services, for the words of what their operations do. */
  readonly apiSchemas: readonly GraphQLSchema[];
  /** What users know this instance by; authenticator apps list its accounts under it. */
  readonly productName: string;
}

export interface GraphQLContext extends Caller {
  readonly services: Services;
  /** Whether the operation came in the address of a GET request, which is logged on its way. */
  readonly isUrlQuery: boolean;
  /** What the request may still bring. */
  readonly budget: RequestBudget;
  /** The session of a token that has merely expired. It opens nothing and may still end its session. */
  readonly expiredSessionId: string | null;
  /** How the client wants its tokens, and where it keeps its refresh token. */
  readonly delivery: SessionDelivery;
}

/** Tokens travel in the payload, or as cookies that scripts cannot read. */
export interface SessionDelivery {
  /** The refresh token that came as a cookie. */
  readonly refreshToken: string | null;
  /** What the client gets to see of a grant: with cookies, the tokens become cookies and stay out of it. */
  deliver(grant: SessionGrant): SessionGrant;
  /** The session has ended: cookies, if any, are cleared. */
  clear(): void;
}

/** The caller of a field that `@authenticated` or `@stepUp` guards: there is a session. */
export function signedIn(context: GraphQLContext): GraphQLContext & { readonly session: PresentedSession } {
  const { session } = context;
  if (session === null) throw new Error('A field that needs a session is not guarded.');
  return { ...context, session };
}

/** Who is asking, as the guards want to know it. */
export function standingOf({ session, tokenFault, services }: GraphQLContext): Presented {
  return { standing: session, fault: tokenFault, now: secondsOf(services.clock.now()) };
}

/** Uses up a proof that is bound to the operation which is about to run. */
export async function consumeProof(
  { session, em, services }: GraphQLContext,
  digest: string,
  demand: Requirement,
): Promise<boolean> {
  if (session === null) return false;
  return consumeGrant(sqlOf(em), services.ring, session, digest, demand, services.clock.now());
}
