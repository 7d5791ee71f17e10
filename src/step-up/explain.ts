// Explains to a person what the guards decide about an operation: which guard stands where, what the caller holds, and
// what is missing. It asks the same functions that decide when the operation runs.
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { type AssuranceLevel, assuranceLevelAt } from '../policy/assurance.ts';
import { type AuthContext, acceptsFactor, type Refusal } from '../policy/decision.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { Category, FactorKind } from '../policy/factor-kind.ts';
import { StepUpBind } from '../policy/requirement.ts';
import { type Guard, placedGuards, refuse } from './guard.ts';
import { guardText } from './guard-text.ts';
import { guardedFields } from './operation.ts';

/** A factor that the caller has completed. */
export interface HeldProof {
  readonly factor: FactorKind;
  readonly categories: readonly Category[];
  /** How long ago it was completed, in seconds. Null if the time is not known. */
  readonly ageSeconds: number | null;
}

/** What one guard decides. */
export interface ExplainedGuard {
  /** The guard as it is written, without default arguments. */
  readonly guard: string;
  /** Where it is written: a field (`Account.balance`), or a type or interface (`Account`). */
  readonly place: string;
  readonly isMet: boolean;
  /** Why, in a sentence. */
  readonly reason: string;
  /** What a client would get. Null if the guard is met. */
  readonly refusal: Refusal | null;
}

/** What the guards of one field decide. */
export interface ExplainedField {
  /** The response names from the root to the field, without list indexes. */
  readonly path: readonly string[];
  /** `Type.field` */
  readonly field: string;
  readonly isOpen: boolean;
  /** In the order in which they are checked. The first one that is not met decides what a client gets. */
  readonly guards: readonly ExplainedGuard[];
}

/** What the guards decide about an operation. */
export interface Explanation {
  /** Whether no field is refused. A mutation is refused as a whole if one of its fields is. */
  readonly isOpen: boolean;
  /** What the caller holds. Null for an anonymous caller. */
  readonly caller: {
    readonly level: AssuranceLevel;
    readonly held: readonly HeldProof[];
    /** The second factors that the user has. */
    readonly enrolled: readonly FactorKind[];
    readonly roles: readonly string[];
  } | null;
  /** The guarded fields. */
  readonly fields: readonly ExplainedField[];
}

/** Options of `explain`. */
export interface ExplainOptions {
  /** The time of the decision, in seconds since 1970. */
  readonly now: number;
  /** Needed when the document has several operations. */
  readonly operationName?: string | null;
}

/**
 * Explains what the guards decide about an operation.
 *
 * @param document a document that is valid for the schema.
 * @param variables the variables as the client would send them. Only those of `@skip` and `@include` matter.
 * @param authContext what is known about the caller. Null for an anonymous caller.
 */
export function explain(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>> | null,
  authContext: AuthContext | null,
  { now, operationName }: ExplainOptions,
): Explanation {
  const run = { schema, document, variableValues: variables, operationName };
  const fields = guardedFields(run).map(({ node, owner, path }): ExplainedField => {
    const guards = placedGuards(owner, node.name.value).map(({ guard, place }): ExplainedGuard => {
      const refusal = refuse([guard], authContext, now);
      const reason = refusal === null ? whyMet(guard, authContext, now) : whyRefused(guard, refusal, now);
      return { guard: guardText(guard), place, isMet: refusal === null, reason, refusal };
    });
    return {
      path,
      field: `${owner.name}.${node.name.value}`,
      isOpen: guards.every((one) => one.isMet),
      guards,
    };
  });
  return { isOpen: fields.every((one) => one.isOpen), caller: callerOf(authContext, now), fields };
}

function callerOf(authContext: AuthContext | null, now: number): Explanation['caller'] {
  if (authContext === null) return null;
  const { evidence, aging, enrolled, roles } = authContext;
  const held = evidence.map(({ factor, categories, completedAt }) => ({
    factor,
    categories,
    ageSeconds: Number.isFinite(completedAt) ? now - completedAt : null,
  }));
  return { level: assuranceLevelAt(evidence, aging, now), held, enrolled, roles };
}

function whyMet(guard: Guard, authContext: AuthContext | null, now: number): string {
  switch (guard.directive) {
    case 'authenticated':
      return 'The caller is signed in.';
    case 'requiresRole':
      return `The caller has the role ${guard.role}.`;
    case 'stepUp': {
      const { maxAge, accept } = guard.requirement;
      const fresh = authContext?.evidence.filter((one) => now - one.completedAt <= maxAge) ?? [];
      const accepted = fresh.filter(({ factor }) => acceptsFactor(accept, factor));
      const newest = newestOf(accepted.length > 0 ? accepted : fresh);
      return `${newest?.factor} was completed ${inSeconds(now - (newest?.completedAt ?? now))} ago, of ${inSeconds(maxAge)} allowed.`;
    }
  }
}

function whyRefused(guard: Guard, { code, lastVerifiedAt }: Refusal, now: number): string {
  if (code === 'UNAUTHENTICATED') return 'The caller is not signed in.';
  if (guard.directive !== 'stepUp')
    return `The caller does not have the role ${'role' in guard ? guard.role : ''}.`;
  const { maxAge, bind } = guard.requirement;
  if (bind === StepUpBind.OPERATION)
    return 'It needs a proof that is made for this operation, and used once.';
  if (code === 'ENROLLMENT_REQUIRED') return 'The user has no factor that would be accepted.';
  if (lastVerifiedAt === null || !Number.isFinite(lastVerifiedAt))
    return 'No accepted factor was completed in this session.';
  const age = now - lastVerifiedAt;
  if (age <= maxAge)
    return 'An accepted factor was completed, but the session does not hold two categories (AAL2).';
  return `The newest accepted factor was completed ${inSeconds(age)} ago, which is ${inSeconds(age - maxAge)} too long.`;
}

function newestOf(evidence: readonly Evidence[]): Evidence | undefined {
  return evidence.toSorted((one, other) => other.completedAt - one.completedAt)[0];
}

function inSeconds(seconds: number): string {
  return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
}
