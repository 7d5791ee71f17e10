// Decides what the guards say about an operation from the SDL of the API, with the functions that decide in the API. It
// knows what is in the token of the session, and nothing more.
import { type DocumentNode, type GraphQLSchema, isObjectType, validate } from 'graphql';
import { StepUpBind } from '../../policy/requirement.ts';
import { explain } from '../../step-up/explain.ts';
import { type Guard, placedGuards } from '../../step-up/guard.ts';
import { nowThere, type ReadToken } from '../access-token.ts';
import { type Freshness, secondsLeft, type Verdict } from './verdict.ts';

interface ExplainedOperation {
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>> | null;
}

/** @param token of the chosen session. Null for nobody. */
export function explainedVerdicts(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operationName, variables }: ExplainedOperation,
  token: ReadToken | null,
): Verdict[] {
  if (validate(schema, document).length > 0) return [];
  const now = token === null ? 0 : nowThere(token);
  const { fields } = explain(schema, document, variables, token?.authContext ?? null, { now, operationName });
  return fields.map(({ path, field, isOpen, guards }) => {
    const written = guardsAt(schema, field); // in the same order
    const demands = guards.map(({ guard, place, isMet, reason }, index) => {
      return { guard, place, isMet, reason, freshness: freshnessOf(written[index]) };
    });
    return { path, demands, isOpen, secondsLeft: isOpen ? secondsLeft(demands, token) : null };
  });
}

/** @param field `Type.field` */
function guardsAt(schema: GraphQLSchema, field: string): Guard[] {
  const [typeName = '', fieldName = ''] = field.split('.');
  const type = schema.getType(typeName);
  return isObjectType(type) ? placedGuards(type, fieldName).map(({ guard }) => guard) : [];
}

function freshnessOf(guard: Guard | undefined): Freshness | null {
  if (guard?.directive !== 'stepUp' || guard.requirement.bind === StepUpBind.OPERATION) return null;
  const { maxAge, accept } = guard.requirement;
  return { maxAge, accept };
}
