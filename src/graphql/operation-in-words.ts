// The operation of a bound step-up, as a client gives it: its digest, and what it does in words. Of our own schema the
// author's words are known; an operation for another service need only be GraphQL.
import { type GraphQLSchema, getOperationAST } from 'graphql';
import { approvalWords } from '../step-up/approval-words.ts';
import { operationDigest } from '../step-up/operation-digest.ts';
import type { OperationInWords } from '../workflows/step-up/start.ts';
import { isValid, parsedDocument } from './client-document.ts';
import { InvalidInput } from './input.ts';

interface Given {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
}

/** @throws {InvalidInput} */
export function operationInWords(schema: GraphQLSchema, given: Given): OperationInWords {
  const document = parsedDocument(given.query, 'operation.query');
  const { operationName } = given;
  const variables = variablesOf(given.variables, 'operation.variables');
  const operation = { document, operationName, variables };
  const digest = operationDigest(operation);
  if (digest === null || getOperationAST(document, operationName)?.operation === 'subscription')
    throw new InvalidInput([
      { path: 'operation.operationName', message: 'Name a query or a mutation in the document.' },
    ]);
  return { digest, approves: approvalWords(isValid(schema, document) ? schema : null, operation) };
}

/** @throws {InvalidInput} */
export function variablesOf(value: unknown, path: string): Readonly<Record<string, unknown>> | null {
  if (value == null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new InvalidInput([{ path, message: 'Give an object with a member for each variable.' }]);
}
