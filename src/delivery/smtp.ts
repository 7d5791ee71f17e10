// Mail, handed over by SMTP.
import { createTransport } from 'nodemailer';
import type { Message, Transport } from './message.ts';

const CONNECT_MS = 10_000;
const SOCKET_MS = 20_000;

export function smtpTransport(smtpUrl: string, from: string): Transport & { close(): void } {
  const mailer = createTransport(smtpUrl, {
    from,
    // A server that hangs is tried again later; it must not hold a worker.
  } as object);
  Object.assign(mailer.options, {
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SOCKET_MS,
  });
  return {
    async send({ to, subject, text }: Message) {
      // As an object, the address is one address: a comma or a line break in it cannot add another recipient.
      await mailer.sendMail({ to: { name: '', address: to }, subject, text });
    },
    close: () => mailer.close(),
  };
}
