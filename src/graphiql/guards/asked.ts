// Asks Stepgate's own API what an operation demands: `stepUpRequirements`. The API knows more about a session than its
// token says, for example that it was revoked.
import type { StepgateClient } from '../../client/client.ts';
import type { ReadToken } from '../access-token.ts';
import { type Demanded, type Freshness, secondsLeft, type Verdict } from './verdict.ts';

interface FieldRequirement {
  readonly path: readonly string[];
  readonly authenticated: boolean;
  readonly roles: readonly string[];
  readonly stepUps: readonly {
    readonly maxAge: number;
    readonly accept: readonly string[];
    readonly bind: string;
  }[];
  readonly refusal: { readonly code: string } | null;
}

interface Asked {
  readonly stepUpRequirements: { readonly guardedFields?: readonly FieldRequirement[] };
}

const REQUIREMENTS = `query StepUpRequirements($document: String!, $operationName: String, $variables: JSON) {
  stepUpRequirements(document: $document, operationName: $operationName, variables: $variables) {
    ... on StepUpRequirements {
      guardedFields {
        path authenticated roles stepUps { maxAge accept bind } refusal { code }
      }
    }
  }
}`;

/**
 * @param client the chosen session's, or one without a session.
 * @returns null if the API has no answer, for example because the operation is not valid yet.
 */
export async function askedVerdicts(
  client: StepgateClient,
  operation: {
    readonly document: string;
    readonly operationName: string | null;
    readonly variables: Readonly<Record<string, unknown>> | null;
  },
  token: ReadToken | null,
): Promise<Verdict[] | null> {
  const { data } = await client.request<Asked>(REQUIREMENTS, { ...operation });
  const fields = data?.stepUpRequirements.guardedFields;
  return fields?.map((field) => verdictOf(field, token)) ?? null;
}

function verdictOf(
  { path, authenticated, roles, stepUps, refusal }: FieldRequirement,
  token: ReadToken | null,
): Verdict {
  const isOpen = refusal === null;
  const reason = refusal === null ? 'The API would allow it.' : `The API would refuse it: ${refusal.code}.`;
  const demanded = (guard: string, freshness: Freshness | null = null): Demanded => {
    return { guard, place: null, isMet: isOpen, reason, freshness };
  };
  const demands = [
    ...(authenticated ? [demanded('@authenticated')] : []),
    ...roles.map((role) => demanded(`@requiresRole(role: ${role})`)),
    ...stepUps.map(({ maxAge, accept, bind }) =>
      bind === 'OPERATION'
        ? demanded(`@stepUp(maxAge: ${maxAge}, bind: OPERATION)`)
        : demanded(`@stepUp(maxAge: ${maxAge})`, { maxAge, accept }),
    ),
  ];
  return { path, demands, isOpen, secondsLeft: isOpen ? secondsLeft(demands, token) : null };
}
