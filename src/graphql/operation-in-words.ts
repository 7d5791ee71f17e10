// The operation that a client wants to bind a step-up to: its digest, and what it does in words. The words come from the
// `describe` texts of this schema or of a service's schema that the operator has configured. Any other operation only
// has to be valid GraphQL syntax.
import { type GraphQLSchema, getOperationAST } from 'graphql';
import { digest } from '../platform/digest.ts';
import { approvalWords } from '../step-up/approval-words.ts';
import { demandsBoundProof } from '../step-up/bound-proof.ts';
import { operationText } from '../step-up/operation-digest.ts';
import type { OperationInWords } from '../workflows/step-up/start.ts';
import { isValid, parsedDocument } from './client-document.ts';
import { InvalidInput } from './input.ts';
import { LIMITS } from './limits.ts';
import type { RequestBudget } from './request-budget.ts';

interface Given {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
}

/** @param schemas this server's and those of the configured services. @throws {InvalidInput} */
export function operationInWords(
  schemas: readonly GraphQLSchema[],
  given: Given,
  budget: RequestBudget,
): OperationInWords {
  const document = parsedDocument(budget, given.query, 'operation.query');
  const { operationName } = given;
  const variables = variablesOf(given.variables, 'operation.variables');
  const operation = { document, operationName, variables };
  const text = operationText(operation);
  if (text === null || getOperationAST(document, operationName)?.operation === 'subscription')
    throw new InvalidInput([
      {
        path: 'operation.operationName',
        message: 'Give the name of a query or mutation in the document. Subscriptions are not supported.',
      },
    ]);
  const schema = schemas.find((one) => isValid(one, document)) ?? null;
  if (text.length > LIMITS.boundOperation) {
    const message = `The operation and its variables are too long to be approved. The maximum is ${LIMITS.boundOperation} characters.`;
    throw new InvalidInput([{ path: 'operation', message }]);
  }
  // An operation that demands no such proof may contain a secret, for example a new password, and nobody needs to show later
  // who approved it.
  const isRecorded =
    schema === null || demandsBoundProof({ ...operation, schema, variableValues: variables });
  return {
    digest: digest(text),
    approves: approvalWords(schema, operation),
    text: isRecorded ? text : null,
  };
}

/** @throws {InvalidInput} */
export function variablesOf(value: unknown, path: string): Readonly<Record<string, unknown>> | null {
  if (value == null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new InvalidInput([{ path, message: 'The variables must be a JSON object.' }]);
}
