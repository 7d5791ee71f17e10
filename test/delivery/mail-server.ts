// A real SMTP server on loopback that accepts mail, or refuses it as the test requires.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  /** The recipients of the envelope, who receive the mail regardless of its headers. */
  readonly recipients: readonly string[];
  readonly sender: string;
  readonly email: Email;
  /** The mail as it was received. */
  readonly source: string;
}

/** The command that a server refuses, and its reply. */
export interface Refusal {
  readonly at: 'MAIL FROM' | 'RCPT TO' | 'DATA';
  readonly reply: number;
}

export class MailServer implements AsyncDisposable {
  readonly mails: Mail[] = [];
  /** Null to accept everything. */
  refusal: Refusal | null = null;
  /** Called when a mail has arrived, before the sender gets a reply. */
  beforeAnswer: () => Promise<void> = async () => {};
  /** The number of times a client began to send a mail. */
  tries = 0;
  readonly #server: SMTPServer;

  private constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      onMailFrom: (_address, _session, answer) => {
        this.tries += 1;
        answer(this.#refusalAt('MAIL FROM'));
      },
      onRcptTo: (_address, _session, answer) => answer(this.#refusalAt('RCPT TO')),
      onData: (stream, { envelope }, answer) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const refused = this.#refusalAt('DATA');
          if (refused !== null) return answer(refused);
          const source = Buffer.concat(chunks).toString('utf8');
          const { mailFrom, rcptTo } = envelope;
          void PostalMime.parse(source).then(async (email) => {
            this.mails.push({
              sender: mailFrom === false ? '' : mailFrom.address,
              recipients: rcptTo.map((one) => one.address),
              email,
              source,
            });
            await this.beforeAnswer();
            answer();
          });
        });
      },
    });
    this.#server.on('error', () => {}); // clients that hang up
  }

  /** @param port the port of an earlier server; any free port by default. */
  static async start(port = 0): Promise<MailServer> {
    const server = new MailServer();
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server.server, 'listening');
    return server;
  }

  /** Returns to the state after the start. */
  begin(): void {
    this.mails.length = 0;
    this.refusal = null;
    this.tries = 0;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  #refusalAt(at: Refusal['at']): Error | null {
    return this.refusal?.at === at
      ? Object.assign(new Error('go away, says the server, <jane@example.com>'), {
          responseCode: this.refusal.reply,
        })
      : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}

/** A port on which nothing listens. */
export async function deadPort(): Promise<number> {
  await using silent = await SilentServer.start();
  return silent.port;
}

/** Accepts connections and never replies. */
export class SilentServer implements AsyncDisposable {
  readonly port: number;
  /** The number of connections. */
  connections = 0;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  static async start(): Promise<SilentServer> {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const silent = new SilentServer((server.address() as AddressInfo).port, async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    server.on('connection', (socket) => {
      silent.connections += 1;
      socket.on('error', () => {});
      sockets.add(socket);
    });
    return silent;
  }

  /** Has timeouts longer than a test may take, so a test that waits for them fails. */
  get patientUrl(): string {
    const timeouts = ['connectionTimeout', 'greetingTimeout', 'socketTimeout'].map((one) => `${one}=600000`);
    return `smtp://127.0.0.1:${this.port}?${timeouts.join('&')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
