// An HTTP server on loopback that answers as Twilio's Messages API does, and a client of the SDK that goes there.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';

export interface TwilioRequest {
  readonly method: string;
  readonly path: string;
  /** User and password of the Basic scheme. */
  readonly credentials: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface TwilioAnswer {
  readonly status: number;
  readonly body: string;
}

/** As Twilio words its errors: with the number in the message. */
export function twilioError(status: number, code: number, message: string): TwilioAnswer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: JSON.stringify({ code, message, more_info, status }) };
}

const CREATED: TwilioAnswer = {
  status: 201,
  body: JSON.stringify({
    sid: `SM${'0'.repeat(32)}`,
    status: 'queued',
    error_code: null,
    error_message: null,
  }),
};

export class TwilioApi implements AsyncDisposable {
  readonly requests: TwilioRequest[] = [];
  /** Null: it says nothing at all. */
  answer: TwilioAnswer | null = CREATED;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push({
          method,
          path: url,
          credentials: Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString(),
          form: Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())),
        });
        if (this.answer === null) return;
        response.writeHead(this.answer.status, { 'content-type': 'application/json' }).end(this.answer.body);
      });
    });
  }

  static async start(): Promise<TwilioApi> {
    const api = new TwilioApi();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  /** The SDK has no base URL: this client of it sends every request here. */
  client(timeout: number): twilio.RequestClient {
    const { port } = this.#server.address() as AddressInfo;
    return new LocalClient(`http://127.0.0.1:${port}`, timeout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

class LocalClient extends twilio.RequestClient {
  readonly #origin: string;

  constructor(origin: string, timeout: number) {
    super({ timeout, keepAlive: false });
    this.#origin = origin;
  }

  override request<Data>(options: Parameters<twilio.RequestClient['request']>[0]) {
    const { pathname, search } = new URL(options.uri);
    return super.request<Data>({ ...options, uri: `${this.#origin}${pathname}${search}` } as never);
  }
}
