// The workflows of the replay test, each started and walked to where a factor is offered, if it ever is.
import { randomUUID } from 'node:crypto';
import type { Step } from '../../harness/client.ts';
import { newNumber, type Person } from './people.ts';

export const WORKFLOWS = [
  'sign-up',
  'sign-in',
  'sign-in without an identifier',
  'password reset',
  'enrollment',
  'enrollment, of the new factor',
  'step-up',
  'bound step-up',
] as const;
export type Workflow = (typeof WORKFLOWS)[number];

/** Where a proof can be sent. */
export interface Place {
  readonly workflow: Workflow;
  readonly person: Person;
  readonly step: Step;
  /** Of the session to which the workflow belongs. */
  readonly token: string | undefined;
  /** Where a message of this workflow is sent. */
  readonly to: string;
}

/** What an enrollment adds, if it can: the kind that is proved, so that its two steps could be taken for each other. */
const NEW = ['PHONE_CODE', 'TOTP', 'PASSKEY', 'DEVICE_APPROVAL'];
const SMS = ['PHONE_CODE', 'PHONE_LINK'];
const MAIL = ['EMAIL_CODE', 'EMAIL_LINK'];

/** @param newcomer the address of a sign-up. */
export async function open(
  workflow: Workflow,
  factor: string,
  person: Person,
  newcomer = `${randomUUID()}@example.com`,
): Promise<Place> {
  const { client, tenant, email, number, password, second, stale, fresh } = person;
  const byNumber = second === null && SMS.includes(factor);
  const identifier = byNumber ? number : email;
  const to = SMS.includes(factor) ? number : email;
  const at = (step: Step, token?: string, sentTo = to): Place => ({
    workflow,
    person,
    step,
    token,
    to: sentTo,
  });
  const wanted = NEW.includes(factor) ? factor : 'TOTP';
  const phoneNumber = newNumber();
  const enrolled = wanted === 'PHONE_CODE' ? { factor: wanted, phoneNumber } : { factor: wanted };
  const require = 'STRONGEST_ENROLLED';
  switch (workflow) {
    case 'sign-up':
      return at(await client.startSignUp({ email: newcomer, password, tenant }), undefined, newcomer);
    case 'sign-in': {
      const started = await client.startSignIn({ identifier, tenant });
      return at(second === null ? started : await client.attempt(started.id, { password }));
    }
    case 'sign-in without an identifier':
      return at(await client.startSignIn({ tenant }));
    case 'password reset': {
      const started = await client.startPasswordReset({ identifier, tenant });
      if (second === null || MAIL.includes(factor)) return at(started);
      await client.prepare(started.id, 'EMAIL_CODE');
      return at(await client.attempt(started.id, { emailCode: await client.codeFor(email) }));
    }
    case 'enrollment':
      return at(await client.startEnrollment(enrolled, stale), stale);
    case 'enrollment, of the new factor':
      return at(await client.startEnrollment(enrolled, fresh), fresh, phoneNumber);
    case 'step-up':
      return at(await client.startStepUp({ require }, stale), stale);
    case 'bound step-up': {
      const operation = { query: 'mutation { pay }' };
      return at(await client.startStepUp({ require, operation }, stale), stale);
    }
  }
}

export function offers({ factors }: Pick<Step, 'factors'>, ...kinds: readonly string[]): boolean {
  return factors.some(({ factor }) => kinds.includes(factor));
}

/** How far the workflow has come. */
export async function statusOf({ person, step, token }: Place): Promise<string> {
  const query = 'query ($id: ID!) { workflow(id: $id) { status } }';
  const { data } = await person.client.graphql(query, { id: step.id }, token);
  return data.workflow.status;
}
