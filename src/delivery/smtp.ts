// Mail, handed over by SMTP (RFC 5321).
import { createTransport } from 'nodemailer';
import { DeliveryError, type HandOver, type Message, type Transport } from './message.ts';

/** A server that hangs is tried again later; it must not hold a worker. In milliseconds. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/**
 * One mailbox and nothing else: no space, control character, list, group, route or quoting that a server on the way
 * could read as a second recipient or a second line.
 */
const ONE_MAILBOX = /^[^\s\p{Cc},;:<>()[\]\\"@]+@[^\s\p{Cc},;:<>()[\]\\"@]+$/u;

/** @param url its parameters win over the usual time-outs, for example `smtp://mail.example.com?requireTLS=true`. */
export function smtpTransport(url: string, from: string): Transport {
  const mailer = createTransport({ url, ...TIMEOUTS }, { from });
  const domain = domainOf(from);
  return {
    async send({ to, subject, text, html }: Message, { id, signal }: HandOver) {
      if (!ONE_MAILBOX.test(to))
        throw new DeliveryError('The recipient is no e-mail address.', { isFinal: true });
      try {
        await mailer.sendMail({
          messageId: `<${id}@${domain}>`,
          to: { name: '', address: to },
          subject,
          text,
          ...(html === null ? {} : { html }),
          headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834: nobody’s absence answers it
          signal,
        });
        return { providerId: null, status: null };
      } catch (error) {
        throw deliveryError(error);
      }
    },
  };
}

/** What is behind the last `@` of `Stepgate <auth@example.com>`. */
function domainOf(from: string): string {
  return /@([^\s@>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}

/**
 * A 5xx reply to the recipient or to the message is the mail server's last word (RFC 5321 section 4.2.1). One to
 * anything else, a login or a sender, is about our configuration, which the operator can mend.
 */
function deliveryError(error: unknown): DeliveryError {
  const { code, command, responseCode } = error as { code?: string; command?: string; responseCode?: number };
  const isFinal = (responseCode ?? 0) >= 500 && (command === 'RCPT TO' || command === 'DATA');
  const reply = responseCode === undefined ? (code ?? 'no code') : `${responseCode} to ${command}`;
  return new DeliveryError(`The mail server did not take a message: ${reply}.`, { isFinal });
}
