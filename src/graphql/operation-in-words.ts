// The operation of a bound step-up, as a client gives it: its digest, and what it does in words. They are the author's,
// of our own schema or of a service's whose schema the operator has named; any other operation need only be GraphQL.
import { type GraphQLSchema, getOperationAST } from 'graphql';
import { approvalWords } from '../step-up/approval-words.ts';
import { operationDigest } from '../step-up/operation-digest.ts';
import type { OperationInWords } from '../workflows/step-up/start.ts';
import { isValid, parsedDocument } from './client-document.ts';
import { InvalidInput } from './input.ts';
import type { RequestBudget } from './request-budget.ts';

interface Given {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
}

/** @param schemas ours, and those of the services that we know. @throws {InvalidInput} */
export function operationInWords(
  schemas: readonly GraphQLSchema[],
  given: Given,
  budget: RequestBudget,
): OperationInWords {
  const document = parsedDocument(budget, given.query, 'operation.query');
  const { operationName } = given;
  const variables = variablesOf(given.variables, 'operation.variables');
  const operation = { document, operationName, variables };
  const digest = operationDigest(operation);
  if (digest === null || getOperationAST(document, operationName)?.operation === 'subscription')
    throw new InvalidInput([
      { path: 'operation.operationName', message: 'Name a query or a mutation in the document.' },
    ]);
  const schema = schemas.find((one) => isValid(one, document)) ?? null;
  return { digest, approves: approvalWords(schema, operation) };
}

/** @throws {InvalidInput} */
export function variablesOf(value: unknown, path: string): Readonly<Record<string, unknown>> | null {
  if (value == null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new InvalidInput([{ path, message: 'Give an object with a member for each variable.' }]);
}
