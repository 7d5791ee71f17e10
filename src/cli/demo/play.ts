// Runs single steps of the tour against a server, prints each operation and its response, and checks what it should be.
import { TOUR } from '../../server/tour.ts';

export const SERVER = process.argv[2] ?? process.env['PUBLIC_URL'] ?? 'http://localhost:4000';

/** The origin of the pages that use passkeys. */
export const ORIGIN = process.env['PUBLIC_URL'] ?? SERVER;

export interface Answer {
  readonly data?: Record<string, Record<string, unknown> | null> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** Sends the body of a request to the API. @returns the body of the response. */
export type Send = (body: string, headers: Readonly<Record<string, string>>) => Promise<unknown>;

const send: Send = async (body, headers) =>
  (await fetch(`${SERVER}/graphql`, { method: 'POST', headers, body })).json();

export interface Terms {
  readonly accessToken?: string | undefined;
  /** How it is sent: by a browser with cookies, or with a certificate. */
  readonly through?: Send;
}

type Step = readonly [number: number, variables?: object, terms?: Terms];

export function say(line: string): void {
  process.stdout.write(`\n${line}\n`);
}

async function ask(...[number, variables = {}, { accessToken, through = send } = {}]: Step): Promise<Answer> {
  const step = TOUR[number - 1];
  if (step === undefined) throw new Error(`The tour has no step ${number}.`);
  say(`\u001b[1m${step.title}\u001b[0m\n\n${step.query}\n${JSON.stringify(variables)}`);
  const answer = (await through(JSON.stringify({ query: step.query, variables }), {
    'content-type': 'application/json',
    ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    ...step.headers,
  })) as Answer;
  say(`=> ${JSON.stringify(answer, shortened, 2)}`);
  return answer;
}

/** Runs a step that drives a workflow. @returns the value of its only field. */
export async function play(...step: Step): Promise<Record<string, unknown>> {
  return Object.values((await ask(...step)).data ?? {})[0] ?? {};
}

/** Runs a step that should end in this workflow status or error code. @returns as `play` does. */
export async function expectStep(outcome: string, ...step: Step): Promise<Record<string, unknown>> {
  const reply = await play(...step);
  const { status, code } = reply;
  if ((status ?? code) !== outcome) throw new Error(`Expected ${outcome} from step ${step[0]} of the tour.`);
  return reply;
}

/** Requests the guarded field. @param expected the expected error code, or null if the field should resolve. */
export async function askGuarded(accessToken: string, expected: string | null): Promise<void> {
  const { errors } = await ask(3, {}, { accessToken });
  const code = errors?.[0]?.extensions?.['code'];
  const isExpected = expected === null ? errors === undefined : code === expected;
  if (!isExpected) throw new Error(`Expected ${expected ?? 'a value'} from the guarded field.`);
}

/** Shortens long values in the printed output only. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > 72 ? `${value.slice(0, 69)}…` : value;
}

export const tokenOf = (workflow: Record<string, unknown>): string =>
  (workflow['session'] as { accessToken: string }).accessToken;
export const idOf = (workflow: Record<string, unknown>): string => workflow['id'] as string;
