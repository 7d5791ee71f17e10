// `stepgate policy explain`: what the guards of a schema decide about an operation.
import { readFile } from 'node:fs/promises';
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { decodeJwt } from 'jose';
import { authContextFrom } from '../../policy/claims.ts';
import { type ExplainedField, type Explanation, explain } from '../../step-up/explain.ts';
import { CommandError } from '../run-command.ts';

export interface ExplainFiles {
  readonly operation: string;
  readonly operationName?: string | undefined;
  readonly variables?: string | undefined;
  /** A file with an access token of Stepgate, or with its claims as JSON. Absent: an anonymous caller. */
  readonly token?: string | undefined;
  /** ISO 8601. Absent: now. */
  readonly at?: string | undefined;
}

export async function explained(
  schema: GraphQLSchema,
  files: ExplainFiles,
  clock: Date,
): Promise<Explanation> {
  const document = valid(schema, await textOf(files.operation), files.operation);
  const variables =
    files.variables === undefined ? null : objectIn(await textOf(files.variables), files.variables);
  const claims = files.token === undefined ? null : claimsIn((await textOf(files.token)).trim(), files.token);
  const now = Math.floor(timeOf(files.at, clock).getTime() / 1000);
  return explain(schema, document, variables, claims && authContextFrom(claims, now), {
    now,
    operationName: files.operationName ?? null,
  });
}

export function explanationText({ isOpen, caller, fields }: Explanation): string {
  const held = caller?.held.map(({ factor, ageSeconds }) => `${factor} (${ageSeconds} s ago)`) ?? [];
  const who =
    caller === null
      ? 'Nobody is signed in.'
      : `The caller is at ${caller.level} with ${held.join(', ') || 'no factor'}.`;
  const verdict =
    fields.length === 0
      ? 'No field of this operation is guarded.'
      : isOpen
        ? 'Every field is open.'
        : 'Refused.';
  return [who, ...fields.flatMap(fieldLines), '', verdict].join('\n');
}

function fieldLines({ path, field, isOpen, guards }: ExplainedField): string[] {
  return [
    '',
    `${isOpen ? 'open   ' : 'refused'}  ${path.join('.')}  (${field})`,
    ...guards.map(
      ({ guard, place, isMet, reason }) => `  ${isMet ? '+' : '-'} ${guard} on ${place}: ${reason}`,
    ),
  ];
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(({ code }: { code?: string }) => {
    throw new CommandError(`Cannot read ${path} (${code ?? 'unknown'}).`);
  });
}

function valid(schema: GraphQLSchema, text: string, path: string): DocumentNode {
  try {
    const document = parse(text);
    const [error] = validate(schema, document);
    if (error !== undefined) throw error;
    return document;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [at] = error.locations ?? [];
    throw new CommandError(`${path}${at ? `:${at.line}:${at.column}` : ''}: ${error.message}`);
  }
}

/** The token is not verified. The message does not repeat it. */
function claimsIn(text: string, path: string): Readonly<Record<string, unknown>> {
  if (text.startsWith('{')) return objectIn(text, path);
  try {
    return decodeJwt(text);
  } catch {
    throw new CommandError(`${path} must contain an access token, or its claims as JSON.`);
  }
}

function objectIn(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch {
    // reported below, without the content
  }
  throw new CommandError(`${path} must contain a JSON object.`);
}

function timeOf(at: string | undefined, clock: Date): Date {
  const time = at === undefined ? clock : new Date(at);
  if (Number.isNaN(time.getTime()))
    throw new CommandError('--at must be a time such as 2026-11-30T12:00:00Z.');
  return time;
}
