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

/** Connects and logs in, and sends nothing. @returns what went wrong, without the login, or null. */
export async function verifySmtp(url: string): Promise<string | null> {
  const mailer = createTransport({ url, ...TIMEOUTS });
  try {
    await mailer.verify();
    return null;
  } catch (error) {
    return replyOf(error);
  } finally {
    mailer.close();
  }
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
  const { command, responseCode } = error as SmtpError;
  const isFinal = (responseCode ?? 0) >= 500 && (command === 'RCPT TO' || command === 'DATA');
  return new DeliveryError(`The mail server did not accept the message: ${replyOf(error)}.`, { isFinal });
}

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** Not the text of the reply, which may repeat what was sent. */
function replyOf(error: unknown): string {
  const { code, command, responseCode } = error as SmtpError;
  return responseCode === undefined ? (code ?? 'no code') : `${responseCode} to ${command}`;
}
