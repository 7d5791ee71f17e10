// Runs the README's tour against a server and prints each operation and its response: `npm run demo`. It uses the public
// API only, and reads its codes from the development inbox.
import { generateSync } from 'otplib';
import { ApprovingDevice } from './demo/approving-device.ts';
import { playCertificate } from './demo/certificate.ts';
import { askGuarded, expectStep, idOf, ORIGIN, play, SERVER, say, tokenOf } from './demo/play.ts';
import { playProvider } from './demo/provider.ts';
import { SoftwareAuthenticator } from './demo/software-authenticator.ts';

/** The code in the newest message that has one. A sign-in notice, which has none, may be newer. */
async function codeFromInbox(to: string): Promise<string> {
  const response = await fetch(`${SERVER}/dev/inbox.json`);
  const messages = (await response.json()) as readonly { to: string; text: string }[];
  const texts = messages.filter((message) => message.to === to).map(({ text }) => text);
  const code = texts.flatMap((text) => /\b\d{6}\b/.exec(text) ?? [])[0];
  if (code === undefined) throw new Error(`The development inbox has no code for ${to}.`);
  say(`(The code in the inbox is ${code}.)`);
  return code;
}

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
const enrollment = await play(6, { label: 'demo' }, { accessToken: secondSession });
const { secret } = enrollment['totp'] as { secret: string };
const now = Math.floor(Date.now() / 1000);
const enrolled = await play(
  7,
  { workflowId: idOf(enrollment), proof: { totp: generateSync({ secret, epoch: now }) } },
  { accessToken: secondSession },
);
const [backupCode, secondBackupCode, thirdBackupCode] = enrolled['backupCodes'] as readonly string[];

const thirdSignIn = await play(8, { identifier: email });
await play(9, { workflowId: idOf(thirdSignIn), proof: { password } });
// Each code can be used once, so this is the next one. The server accepts a clock that is slightly ahead.
const nextCode = generateSync({ secret, epoch: now + 30 });
const thirdSession = tokenOf(await play(9, { workflowId: idOf(thirdSignIn), proof: { totp: nextCode } }));
await askGuarded(thirdSession, null);

await askGuarded(firstSession, 'STEP_UP_REQUIRED');
const stepUp = await play(10, { maxAge: 600 }, { accessToken: firstSession });
const steppedUp = await play(
  11,
  { workflowId: idOf(stepUp), proof: { backupCode } },
  { accessToken: firstSession },
);
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
const passkey = await play(17, { label: 'demo' }, { accessToken: lastSession });
const created = authenticator.create(passkey['material'] as Parameters<typeof authenticator.create>[0]);
await expectStep(
  'COMPLETE',
  18,
  { workflowId: idOf(passkey), proof: { passkey: created } },
  { accessToken: lastSession },
);
const passkeySignIn = idOf(await play(19));
const { challenge } = await play(20, { workflowId: passkeySignIn });
const { request } = challenge as { request: Parameters<typeof authenticator.get>[0] };
const used = authenticator.get(request);
const passkeySession = tokenOf(await play(21, { workflowId: passkeySignIn, proof: { passkey: used } }));
await askGuarded(passkeySession, null);

// Enrolls a device, and approves a sign-in on it. The device is software, and has read the number as a user would.
const proof = { deviceApproval: true };
const deviceEnrollment = await play(22, { label: 'demo' }, { accessToken: passkeySession });
const { url } = deviceEnrollment['material'] as { url: string };
const device = await ApprovingDevice.enroll(url, null, SERVER);
say('(The device has opened the address.)');
await expectStep(
  'COMPLETE',
  23,
  { workflowId: idOf(deviceEnrollment), proof },
  { accessToken: passkeySession },
);
const deviceSignIn = idOf(await play(8, { identifier: email }));
await play(9, { workflowId: deviceSignIn, proof: { password: newPassword } });
const asked = await play(24, { workflowId: deviceSignIn });
const { number } = (asked['challenge'] as { request: { number: string } }).request;
await expectStep('DEVICE_NOT_APPROVED', 25, { workflowId: deviceSignIn, proof });
const [approvalRequest] = await device.pending();
if (approvalRequest === undefined) throw new Error('The device has no request to approve.');
await device.approve(approvalRequest, number);
say(`(The device has approved the request, with the number ${number}.)`);
const deviceSession = tokenOf(await play(25, { workflowId: deviceSignIn, proof }));
await askGuarded(deviceSession, null);
const withoutProvider = await playProvider();
const withoutCertificate = await playCertificate({
  identifier: email,
  password: newPassword,
  accessToken: passkeySession,
  otherAccessToken: deviceSession,
});
say(`The tour is complete. The guarded field was refused before the step-up and returned after it. The password was reset, which
required a second factor in addition to the mailbox. A passkey alone signed in, and opened the guarded field. So did the
password with an approval on another device.`);
say(
  withoutProvider === null
    ? 'A user who had signed up with an identity provider signed in without it.'
    : `The steps with an identity provider were left out: ${withoutProvider}`,
);
say(
  withoutCertificate === null
    ? 'A client certificate was a second factor. A revoked one, and one of another authority, were refused.'
    : `The steps with a client certificate were left out: ${withoutCertificate}`,
);
