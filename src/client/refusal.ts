// Refusals in an answer: what they demand, and whether the operation may be sent again.
import { type Operation, rootFieldsOf } from './operation.ts';

export type FactorKind =
  | 'PASSWORD'
  | 'EMAIL_CODE'
  | 'EMAIL_LINK'
  | 'PHONE_CODE'
  | 'PHONE_LINK'
  | 'TOTP'
  | 'BACKUP_CODE'
  | 'PASSKEY'
  | 'OAUTH';

/** What a refused field demands: the `extensions` of its error. */
export interface Requirement {
  /** How old the proof may be, in seconds. */
  readonly maxAge: number | null;
  /** The factors that will do; null: any. */
  readonly accept: readonly FactorKind[] | null;
  readonly require: 'SECOND_FACTOR' | 'STRONGEST_ENROLLED';
  /** `OPERATION`: the proof is good for this one operation, with these variables, once. */
  readonly bind: 'SESSION' | 'OPERATION';
}

/** An answer of GraphQL, whoever brought it. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[] | undefined;
}

/** One error of an answer. */
export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether nobody counted as signed in. */
export function isRefusedAsNobody(answer: Answer): boolean {
  return errorsOf(answer).some((error) => codeOf(error) === 'UNAUTHENTICATED');
}

/** The same, and the operation may be sent again by somebody who does. */
export function isUnauthenticated(answer: Answer, operation: Operation): boolean {
  return isRefusedAsNobody(answer) && isRepeatable(answer, operation);
}

/** What the user has to do for the operation to be let in. */
export interface Demand {
  readonly remedy: 'STEP_UP' | 'ENROLL';
  readonly requirement: Requirement;
  /** Whether newer tokens of the session would do; null: the server does not know the session. */
  readonly refreshSuffices: boolean | null;
}

/**
 * What the user can do about the refusals of an answer, in this order. None: nothing would help, or the operation has
 * run in part.
 */
export function demandsOf(answer: Answer, operation: Operation): readonly Demand[] {
  if (!isRepeatable(answer, operation)) return [];
  const demands = [
    demandOf(answer, 'STEP_UP_REQUIRED', 'STEP_UP'),
    demandOf(answer, 'ENROLLMENT_REQUIRED', 'ENROLL'),
  ].filter((demand) => demand !== null);
  if (operation.kind !== 'mutation') return demands;
  // A mutation is let in whole or not at all: what it lacks beside is missing all the same after a proof.
  const isInVain = errorsOf(answer).some((error) => !DEMANDS.has(codeOf(error)));
  return isInVain ? [] : demands.slice(-1);
}

function demandOf(answer: Answer, code: string, remedy: Demand['remedy']): Demand | null {
  const refused = errorsOf(answer).filter((error) => codeOf(error) === code);
  const [first, ...others] = refused.map(readRequirement);
  if (first === undefined) return null;
  const told = refused.map(({ extensions }) => extensions?.['refreshSuffices']);
  return {
    remedy,
    requirement: others.reduce((all, one) => strictestOf(all, one) ?? all, first),
    refreshSuffices: told.includes(true) ? true : told.every((one) => one === false) ? false : null,
  };
}

function readRequirement({ extensions: { maxAge, accept, require, bind } = {} }: AnswerError): Requirement {
  return {
    maxAge: typeof maxAge === 'number' ? maxAge : null,
    accept: Array.isArray(accept) ? accept : null,
    require: require === 'STRONGEST_ENROLLED' ? require : 'SECOND_FACTOR',
    bind: bind === 'OPERATION' ? bind : 'SESSION',
  };
}

/** The one that meets both; null when no single proof does. */
export function strictestOf(one: Requirement, other: Requirement): Requirement | null {
  const accept =
    one.accept === null || other.accept === null
      ? (one.accept ?? other.accept)
      : one.accept.filter((kind) => other.accept?.includes(kind));
  if (accept?.length === 0) return null;
  const ages = [one.maxAge, other.maxAge].filter((age) => age !== null);
  return {
    accept,
    maxAge: ages.length === 0 ? null : Math.min(...ages),
    require: [one, other].some(({ require }) => require === 'SECOND_FACTOR')
      ? 'SECOND_FACTOR'
      : 'STRONGEST_ENROLLED',
    bind: [one, other].some(({ bind }) => bind === 'OPERATION') ? 'OPERATION' : 'SESSION',
  };
}

/** Whether whatever is proved now for the one will do for the other: however old a proof may be, a new one is not. */
export function covers(one: Requirement, other: Requirement): boolean {
  const accepted =
    other.accept === null || (one.accept?.every((kind) => other.accept?.includes(kind)) ?? false);
  return accepted && (one.require === 'SECOND_FACTOR' || other.require === 'STRONGEST_ENROLLED');
}

/** A query changes nothing. A mutation is sent again only when none of its fields has run. */
function isRepeatable(answer: Answer, operation: Operation): boolean {
  const { kind, hasOneField } = operation;
  if (kind !== 'mutation' || isRefusedWhole(answer, operation)) return true;
  const { data } = answer;
  // Refused before it was executed: an answer without `data` (GraphQL specification, section 7.1).
  if (data === undefined) return true;
  const isRefusedField = (name?: string): boolean =>
    errorsOf(answer).some(
      ({ path = [], ...error }) =>
        REFUSALS.has(codeOf(error)) && path.length === 1 && (name === undefined || path[0] === name),
    );
  // A field that may not be null takes all of `data` along, and the fields that have run before it.
  if (data === null) return hasOneField === true && isRefusedField();
  return Object.entries(data).every(([name, value]) => value === null && isRefusedField(name));
}

/**
 * Whether the refusals name each field of the operation as one that has not run. A server or a gateway may put `data`
 * into the answer all the same; a gateway may have run the fields that belong to another server.
 */
function isRefusedWhole(answer: Answer, { query }: Operation): boolean {
  const named = errorsOf(answer).flatMap(({ extensions }) => extensions?.['notRun'] ?? []);
  const fields = named.length === 0 ? [] : (rootFieldsOf(query) ?? []);
  return fields.length > 0 && fields.every((name) => named.includes(name));
}

const DEMANDS = new Set<unknown>(['STEP_UP_REQUIRED', 'ENROLLMENT_REQUIRED']);
const REFUSALS = new Set<unknown>(['UNAUTHENTICATED', ...DEMANDS]);

function errorsOf({ errors }: Answer): readonly AnswerError[] {
  return errors ?? [];
}

function codeOf({ extensions }: Pick<AnswerError, 'extensions'>): unknown {
  return extensions?.['code'];
}
