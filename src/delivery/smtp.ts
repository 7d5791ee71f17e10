// Sends mail over SMTP (RFC 5321).
import { createTransport } from 'nodemailer';
import { DeliveryError, type HandOver, type Message, type Transport } from './message.ts';

/** In milliseconds. A mail server that hangs is retried later, so that it does not block a worker. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/**
 * Exactly one mailbox. Spaces, control characters, lists, groups, routes and quoting are refused, because a mail server
 * could read them as a second recipient or a second line.
 */
const ONE_MAILBOX = /^[^\s\p{Cc},;:<>()[\]\\"@]+@[^\s\p{Cc},;:<>()[\]\\"@]+$/u;

/** @param url may have parameters that override the defaults, as in `smtp://mail.example.com?requireTLS=true`. */
export function smtpTransport(url: string, from: string): Transport {
  const mailer = createTransport({ url, ...TIMEOUTS }, { from });
  const domain = domainOf(from);
  return {
    async send({ to, subject, text, html }: Message, { id, signal }: HandOver) {
      if (!ONE_MAILBOX.test(to))
        throw new DeliveryError('The recipient is not a valid email address.', { isFinal: true });
      try {
        await mailer.sendMail({
          messageId: `<${id}@${domain}>`,
          to: { name: '', address: to },
          subject,
          text,
          ...(html === null ? {} : { html }),
          headers: { 'Auto-Submitted': 'auto-generated' }, // prevents automatic replies (RFC 3834)
          signal,
        });
        return { providerId: null, status: null };
      } catch (error) {
        throw deliveryError(error);
      }
    },
  };
}

/** Returns `example.com` for `Stepgate <auth@example.com>`. */
function domainOf(from: string): string {
  return /@([^\s@>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}

/**
 * A 5xx reply to the recipient or the message is permanent (RFC 5321 section 4.2.1). A 5xx reply to anything else, such
 * as the login or the sender, concerns our configuration, which the operator can fix.
 */
function deliveryError(error: unknown): DeliveryError {
  const { code, command, responseCode } = error as { code?: string; command?: string; responseCode?: number };
  const isFinal = (responseCode ?? 0) >= 500 && (command === 'RCPT TO' || command === 'DATA');
  const reply = responseCode === undefined ? (code ?? 'no code') : `${responseCode} to ${command}`;
  return new DeliveryError(`The mail server did not accept the message: ${reply}.`, { isFinal });
}
