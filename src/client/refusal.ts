// Reads the refusals in a response: what they require, and whether the operation can be sent again.
import { type Operation, rootFieldsOf } from './operation.ts';

/** A kind of factor, as in the schema. Servers can have others than these. */
export type FactorKind =
  | 'PASSWORD'
  | 'EMAIL_CODE'
  | 'EMAIL_LINK'
  | 'PHONE_CODE'
  | 'PHONE_LINK'
  | 'TOTP'
  | 'BACKUP_CODE'
  | 'DEVICE_APPROVAL'
  | 'PASSKEY'
  | 'OAUTH'
  | 'CERTIFICATE'
  | (string & Record<never, never>);

/** What a refused field requires, from the `extensions` of its error. */
export interface Requirement {
  /** The maximum age of the proof, in seconds. Null for any age. */
  readonly maxAge: number | null;
  /** The accepted factors. Null for any factor. */
  readonly accept: readonly FactorKind[] | null;
  /** `STRONGEST_ENROLLED`: a first factor is enough for a user without a second one. */
  readonly require: 'SECOND_FACTOR' | 'STRONGEST_ENROLLED';
  /** `OPERATION`: the proof is valid once, for this operation with these variables. */
  readonly bind: 'SESSION' | 'OPERATION';
  /** The minimum age of the factor, in seconds. Omitted for any age. */
  readonly minFactorAge?: number;
}

/** A GraphQL response, from any transport. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[] | undefined;
}

/** An error in a GraphQL response. */
export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether the request was treated as unauthenticated. */
export function isRefusedAsNobody(answer: Answer): boolean {
  return errorsOf(answer).some((error) => codeOf(error) === 'UNAUTHENTICATED');
}

/** Whether the request was treated as unauthenticated, and can be sent again with new credentials. */
export function isUnauthenticated(answer: Answer, operation: Operation): boolean {
  return isRefusedAsNobody(answer) && isRepeatable(answer, operation);
}

/** What the user has to do before the operation is accepted. */
export interface Demand {
  readonly remedy: 'STEP_UP' | 'ENROLL';
  readonly requirement: Requirement;
  /** Whether newer tokens of the session are enough; null if the server does not know. */
  readonly refreshSuffices: boolean | null;
  /**
   * Where the issuer of the token lets its users step up, if that is not Stepgate: a page of the application, or null if
   * there is none. Undefined for tokens of Stepgate.
   */
  readonly elsewhere: string | null | undefined;
}

/**
 * What the user can do about the refusals in a response, in this order. Empty if nothing would help, or if the
 * operation has partly run.
 */
export function demandsOf(answer: Answer, operation: Operation): readonly Demand[] {
  if (!isRepeatable(answer, operation)) return [];
  const demands = [
    demandOf(answer, 'STEP_UP_REQUIRED', 'STEP_UP'),
    demandOf(answer, 'ENROLLMENT_REQUIRED', 'ENROLL'),
  ].filter((demand) => demand !== null);
  if (operation.kind !== 'mutation') return demands;
  // A mutation is accepted as a whole or not at all, so a proof is useless if something else is missing too.
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
    elsewhere: refused[0]?.extensions?.['stepUpUrl'] as Demand['elsewhere'],
    refreshSuffices: told.includes(true) ? true : told.every((one) => one === false) ? false : null,
  };
}

function readRequirement({
  extensions: { maxAge, accept, require, bind, minFactorAge } = {},
}: AnswerError): Requirement {
  return {
    maxAge: typeof maxAge === 'number' ? maxAge : null,
    accept: Array.isArray(accept) ? accept : null,
    require: require === 'STRONGEST_ENROLLED' ? require : 'SECOND_FACTOR',
    bind: bind === 'OPERATION' ? bind : 'SESSION',
    ...(typeof minFactorAge === 'number' ? { minFactorAge } : {}),
  };
}

/** A requirement that implies both; null if no single proof can satisfy both. */
export function strictestOf(one: Requirement, other: Requirement): Requirement | null {
  const accept =
    one.accept === null || other.accept === null
      ? (one.accept ?? other.accept)
      : one.accept.filter((kind) => other.accept?.includes(kind));
  if (accept?.length === 0) return null;
  const youngest = Math.max(one.minFactorAge ?? 0, other.minFactorAge ?? 0);
  const ages = [one.maxAge, other.maxAge].filter((age) => age !== null);
  return {
    accept,
    maxAge: ages.length === 0 ? null : Math.min(...ages),
    require: [one, other].some(({ require }) => require === 'SECOND_FACTOR')
      ? 'SECOND_FACTOR'
      : 'STRONGEST_ENROLLED',
    bind: [one, other].some(({ bind }) => bind === 'OPERATION') ? 'OPERATION' : 'SESSION',
    ...(youngest > 0 ? { minFactorAge: youngest } : {}),
  };
}

/** Whether a new proof for the first requirement also satisfies the second. Ages do not matter for a new proof. */
export function covers(one: Requirement, other: Requirement): boolean {
  const accepted =
    other.accept === null || (one.accept?.every((kind) => other.accept?.includes(kind)) ?? false);
  const isOldEnough = (one.minFactorAge ?? 0) >= (other.minFactorAge ?? 0);
  return (
    accepted && isOldEnough && (one.require === 'SECOND_FACTOR' || other.require === 'STRONGEST_ENROLLED')
  );
}

/** A query can always be repeated. A mutation can be repeated only if none of its fields has run. */
function isRepeatable(answer: Answer, operation: Operation): boolean {
  const { kind, hasOneField } = operation;
  if (kind !== 'mutation' || isRefusedWhole(answer, operation)) return true;
  const { data } = answer;
  // Without `data`, it was refused before execution (GraphQL specification, section 7.1).
  if (data === undefined) return true;
  const isRefusedField = (name?: string): boolean =>
    errorsOf(answer).some(
      ({ path = [], ...error }) =>
        REFUSALS.has(codeOf(error)) && path.length === 1 && (name === undefined || path[0] === name),
    );
  // A non-null field nulls all of `data`, including fields that have run before it.
  if (data === null) return hasOneField === true && isRefusedField();
  return Object.entries(data).every(([name, value]) => value === null && isRefusedField(name));
}

/**
 * Whether the refusals name all fields of the operation as not run. A server or gateway may include `data` even so, and a
 * gateway may have run the fields of another server.
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
