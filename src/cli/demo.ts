// Runs the README's tour against a server and prints each operation and its response: `npm run demo`. It uses the public
// API only, and reads its codes from the development inbox.
import { generateSync } from 'otplib';
import { TOUR } from '../server/tour.ts';
import { ApprovingDevice } from './demo/approving-device.ts';
import { SoftwareAuthenticator } from './demo/software-authenticator.ts';

const SERVER = process.argv[2] ?? process.env['PUBLIC_URL'] ?? 'http://localhost:4000';

/** The origin of the pages that use passkeys. */
const ORIGIN = process.env['PUBLIC_URL'] ?? SERVER;

interface Answer {
  readonly data?: Record<string, Record<string, unknown> | null> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** Runs one step of the tour. */
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

/** Runs a step that drives a workflow. @returns the value of its only field. */
async function play(...step: Parameters<typeof ask>): Promise<Record<string, unknown>> {
  return Object.values((await ask(...step)).data ?? {})[0] ?? {};
}

/** Requests the guarded field. @param expected the expected error code, or null if the field should resolve. */
async function askGuarded(accessToken: string, expected: string | null): Promise<void> {
  const { errors } = await ask(3, {}, accessToken);
  const code = errors?.[0]?.extensions?.['code'];
  const isExpected = expected === null ? errors === undefined : code === expected;
  if (!isExpected) throw new Error(`Expected ${expected ?? 'a value'} from the guarded field.`);
}

/** Runs a step that should end in this workflow status or error code. */
async function expectStep(outcome: string, ...step: Parameters<typeof ask>): Promise<void> {
  const { status, code } = await play(...step);
  if ((status ?? code) !== outcome) throw new Error(`Expected ${outcome} from step ${step[0]} of the tour.`);
}

/** Shortens long values in the printed output only. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > 72 ? `${value.slice(0, 69)}…` : value;
}

/** The code in the newest message that has one. A sign-in notice, which has none, may be newer. */
async function codeFromInbox(to: string): Promise<string> {
  const response = await fetch(`${SERVER}/dev/inbox.json`);
  const messages = (await response.json()) as readonly { to: string; text: string }[];
  const texts = messages.filter((message) => message.to === to).map(({ text }) => text);
  const code = texts.flatMap((text) => /\b\d{6}\b/.exec(text) ?? [])[0];
  if (code === undefined) throw new Error(`The development inbox has no code for ${to}.`);
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
    `No server is running at ${SERVER}. Start one with \`npm start\`, or pass the URL of another server.\n`,
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
// Each code can be used once, so this is the next one. The server accepts a clock that is slightly ahead.
const nextCode = generateSync({ secret, epoch: now + 30 });
const thirdSession = tokenOf(await play(9, { workflowId: idOf(thirdSignIn), proof: { totp: nextCode } }));
await askGuarded(thirdSession, null);

await askGuarded(firstSession, 'STEP_UP_REQUIRED');
const stepUp = await play(10, { maxAge: 600 }, firstSession);
const steppedUp = await play(11, { workflowId: idOf(stepUp), proof: { backupCode } }, firstSession);
// A step-up issues new tokens. The old token gains nothing by it.
await askGuarded(firstSession, 'STEP_UP_REQUIRED');
await askGuarded(tokenOf(steppedUp), null);

const { refreshToken } = steppedUp['session'] as { refreshToken: string };
const renewed = await play(12, { refreshToken });
const renewedSession = renewed['accessToken'] as string;
await askGuarded(renewedSession, null);

// Resets the password. Backup codes serve as the second factor, to avoid waiting for the app's next code.
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
const lastSession = tokenOf(
  await play(9, { workflowId: lastSignIn, proof: { backupCode: thirdBackupCode } }),
);

// Enrolls a passkey, and signs in with nothing else. The authenticator is software, and keeps its key in memory.
const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
const passkey = await play(17, { label: 'demo' }, lastSession);
const created = authenticator.create(passkey['material'] as Parameters<typeof authenticator.create>[0]);
await expectStep('COMPLETE', 18, { workflowId: idOf(passkey), proof: { passkey: created } }, lastSession);
const passkeySignIn = idOf(await play(19));
const { challenge } = await play(20, { workflowId: passkeySignIn });
const { request } = challenge as { request: Parameters<typeof authenticator.get>[0] };
const used = authenticator.get(request);
const passkeySession = tokenOf(await play(21, { workflowId: passkeySignIn, proof: { passkey: used } }));
await askGuarded(passkeySession, null);

// Enrolls a device, and approves a sign-in on it. The device is software, and has read the number as a user would.
const proof = { deviceApproval: true };
const deviceEnrollment = await play(22, { label: 'demo' }, passkeySession);
const { url } = deviceEnrollment['material'] as { url: string };
const device = await ApprovingDevice.enroll(url, null, SERVER);
process.stdout.write('\n(The device has opened the address.)\n');
await expectStep('COMPLETE', 23, { workflowId: idOf(deviceEnrollment), proof }, passkeySession);
const deviceSignIn = idOf(await play(8, { identifier: email }));
await play(9, { workflowId: deviceSignIn, proof: { password: newPassword } });
const asked = await play(24, { workflowId: deviceSignIn });
const { number } = (asked['challenge'] as { request: { number: string } }).request;
await expectStep('DEVICE_NOT_APPROVED', 25, { workflowId: deviceSignIn, proof });
const [approvalRequest] = await device.pending();
if (approvalRequest === undefined) throw new Error('The device has no request to approve.');
await device.approve(approvalRequest, number);
process.stdout.write(`\n(The device has approved the request, with the number ${number}.)\n`);
await askGuarded(tokenOf(await play(25, { workflowId: deviceSignIn, proof })), null);
process.stdout.write(`
The tour is complete. The guarded field was refused before the step-up and returned after it. The password was reset, which
required a second factor in addition to the mailbox. A passkey alone signed in, and opened the guarded field. So did the
password with an approval on another device.
`);
