// Checks what the server talks to besides the database: the mail server, Twilio, and its own public URL.
import type { Config } from '../../config/config.ts';
import { verifySmtp } from '../../delivery/smtp.ts';
import { outgoing } from '../../platform/outgoing.ts';
import { type Finding, findingsOf } from './finding.ts';

/** It may well be in our own network. */
const ownServer = outgoing({ mayBeInsecure: true, mayBePrivate: true, timeoutSeconds: 5 });

/** Twilio's own tokens. Other providers have others. */
const TWILIO_TOKEN = /^[0-9a-f]{32}$/i;

/** Connects and logs in, and sends nothing. */
export async function checkMail({ smtpUrl }: Pick<Config, 'smtpUrl'>): Promise<Finding> {
  const mail = findingsOf('mail server');
  if (smtpUrl === null) return mail.skipped('SMTP_URL is not set. Messages stay in the development inbox.');
  const { host } = new URL(smtpUrl);
  const mistake = await verifySmtp(smtpUrl);
  return mistake === null
    ? mail.ok(`${host} accepts connections.`)
    : mail.failed(
        `${host} does not accept connections: ${mistake}.`,
        'Check the host, the port, the login and the parameters in SMTP_URL.',
      );
}

/** Sends nothing to Twilio. The forms of the ids are checked with the configuration. */
export function checkTwilio({ twilio }: Pick<Config, 'twilio'>): Finding {
  const texts = findingsOf('text messages');
  if (twilio === null) return texts.skipped('TWILIO_ACCOUNT_SID is not set.');
  return twilio.api !== null || TWILIO_TOKEN.test(twilio.authToken)
    ? texts.ok('The credentials have the right form. They were not tried.')
    : texts.failed(
        'TWILIO_AUTH_TOKEN does not have the form of a Twilio auth token.',
        'Copy the token of 32 hexadecimal digits from the Twilio console.',
      );
}

/** A warning at most: the server may not be running yet, or may not reach itself from the inside. */
export async function checkPublicUrl({ publicUrl }: Pick<Config, 'publicUrl'>): Promise<Finding> {
  const site = findingsOf('public URL');
  const fix = 'Start the server, and check PUBLIC_URL, DNS and the proxy.';
  try {
    const { ok, status } = await ownServer(`${publicUrl}/healthz`);
    return ok
      ? site.ok(`${publicUrl} reaches a server.`)
      : site.warning(`${publicUrl}/healthz answers with status ${status}.`, fix);
  } catch {
    return site.warning(`${publicUrl} cannot be reached from here.`, fix);
  }
}
