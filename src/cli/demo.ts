// Plays the README's tour against a running server, and prints each operation and its answer: `npm run demo`.
// It is a client like any other: it knows the API, and reads its codes in the development inbox as a person would.
import { generateSync } from 'otplib';
import { TOUR } from '../server/tour.ts';

const SERVER = process.argv[2] ?? process.env['PUBLIC_URL'] ?? 'http://localhost:4000';

interface Answer {
  readonly data?: Record<string, Record<string, unknown> | null> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** Plays one step of the tour: its title and operation, these variables, this token. */
async function ask(number: number, variables: object = {}, accessToken?: string): Promise<Answer> {
  const step = TOUR[number - 1];
  if (step === undefined) throw new Error(`The tour has no step ${number}.`);
  process.stdout.write(`\n\u001b[1m${step.title}\u001b[0m\n\n${step.query}\n${JSON.stringify(variables)}\n`);
  const response = await fetch(`${SERVER}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query: step.query, variables }),
  });
  const answer = (await response.json()) as Answer;
  process.stdout.write(`\n=> ${JSON.stringify(answer, shortened, 2)}\n`);
  return answer;
}

/** A step that drives a workflow: what its one field answered. */
async function play(...step: Parameters<typeof ask>): Promise<Record<string, unknown>> {
  return Object.values((await ask(...step)).data ?? {})[0] ?? {};
}

/** Asks for the guarded field. @param expected the code of the refusal; null: it is given. */
async function askGuarded(accessToken: string, expected: string | null): Promise<void> {
  const { errors } = await ask(3, {}, accessToken);
  const code = errors?.[0]?.extensions?.['code'];
  const isExpected = expected === null ? errors === undefined : code === expected;
  if (!isExpected) throw new Error(`The guarded field should be ${expected ?? 'given'}.`);
}

/** Plays a step whose workflow is to stand so, or whose error is to have this code. */
async function expectStep(outcome: string, ...step: Parameters<typeof ask>): Promise<void> {
  const { status, code } = await play(...step);
  if ((status ?? code) !== outcome) throw new Error(`Step ${step[0]} of the tour should answer ${outcome}.`);
}

/** Long values are cut for the eye; the demo itself works with the whole ones. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > 72 ? `${value.slice(0, 69)}…` : value;
}

/** Of the newest message with a code: a notice of a sign-in, which has none, may be newer. */
async function codeFromInbox(to: string): Promise<string> {
  const response = await fetch(`${SERVER}/dev/inbox.json`);
  const messages = (await response.json()) as readonly { to: string; text: string }[];
  const texts = messages.filter((message) => message.to === to).map(({ text }) => text);
  const code = texts.flatMap((text) => /\b\d{6}\b/.exec(text) ?? [])[0];
  if (code === undefined) throw new Error(`The development inbox holds no code for ${to}.`);
  process.stdout.write(`\n(The code in the inbox is ${code}.)\n`);
  return code;
}

const tokenOf = (workflow: Record<string, unknown>): string =>
  (workflow['session'] as { accessToken: string }).accessToken;
const idOf = (workflow: Record<string, unknown>): string => workflow['id'] as string;

const email = `demo-${Date.now()}@example.com`;
const password = 'correct horse battery staple';
const newPassword = 'a password that I shall remember';

await fetch(`${SERVER}/healthz`).catch(() => {
  process.stderr.write(
    `No server answers at ${SERVER}. Start one with \`npm start\`, or name its address.\n`,
  );
  process.exit(1);
});
const signUp = await play(1, { email, password });
const signedUp = await play(2, {
  workflowId: idOf(signUp),
  proof: { emailCode: await codeFromInbox(email) },
});
const firstSession = tokenOf(signedUp);
await askGuarded(firstSession, 'ENROLLMENT_REQUIRED');

const secondSignIn = await play(4, { identifier: email });
const secondSession = tokenOf(await play(5, { workflowId: idOf(secondSignIn), proof: { password } }));
const enrollment = await play(6, { label: 'demo' }, secondSession);
const { secret } = enrollment['totp'] as { secret: string };
const now = Math.floor(Date.now() / 1000);
const enrolled = await play(
  7,
  { workflowId: idOf(enrollment), proof: { totp: generateSync({ secret, epoch: now }) } },
  secondSession,
);
const [backupCode, secondBackupCode, thirdBackupCode] = enrolled['backupCodes'] as readonly string[];

const thirdSignIn = await play(8, { identifier: email });
await play(9, { workflowId: idOf(thirdSignIn), proof: { password } });
// Each code is good once, so this is the app's next one; the server allows for a clock that is a little ahead.
const nextCode = generateSync({ secret, epoch: now + 30 });
const thirdSession = tokenOf(await play(9, { workflowId: idOf(thirdSignIn), proof: { totp: nextCode } }));
await askGuarded(thirdSession, null);

await askGuarded(firstSession, 'STEP_UP_REQUIRED');
const stepUp = await play(10, { maxAge: 600 }, firstSession);
const steppedUp = await play(11, { workflowId: idOf(stepUp), proof: { backupCode } }, firstSession);
// A step-up gives new tokens: the one from before opens no more than it did.
await askGuarded(firstSession, 'STEP_UP_REQUIRED');
await askGuarded(tokenOf(steppedUp), null);

const { refreshToken } = steppedUp['session'] as { refreshToken: string };
const renewed = await play(12, { refreshToken });
const renewedSession = renewed['accessToken'] as string;
await askGuarded(renewedSession, null);

// The password is forgotten. Here the second steps are backup codes, so that nobody waits for the app's next code.
const workflowId = idOf(await play(13, { identifier: email }));
await play(14, { workflowId, factor: 'EMAIL_CODE' });
const emailCode = await codeFromInbox(email);
await expectStep('NEEDS_SECOND_FACTOR', 15, { workflowId, proof: { emailCode } });
await expectStep('NEW_PASSWORD_NOT_DUE', 16, { workflowId, newPassword });
await expectStep('NEEDS_NEW_PASSWORD', 15, { workflowId, proof: { backupCode: secondBackupCode } });
await expectStep('COMPLETE', 16, { workflowId, newPassword });
await askGuarded(renewedSession, 'UNAUTHENTICATED');

const lastSignIn = idOf(await play(8, { identifier: email }));
await expectStep('PROOF_REJECTED', 9, { workflowId: lastSignIn, proof: { password } });
await expectStep('NEEDS_SECOND_FACTOR', 9, { workflowId: lastSignIn, proof: { password: newPassword } });
await expectStep('COMPLETE', 9, { workflowId: lastSignIn, proof: { backupCode: thirdBackupCode } });
process.stdout.write(`
That was the tour: the field was refused, and given after the step-up. The forgotten password was replaced, and the
mailbox alone was not enough for it.
`);
