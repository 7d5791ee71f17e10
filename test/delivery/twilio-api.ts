// An HTTP server on loopback that answers as Twilio's Messages and Verify APIs do, and reports as Twilio does.
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

/** What both APIs answer when they took something, as far as anybody reads it. */
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

  /** For TWILIO_API_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks off every connection that hangs. */
  hangUp(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A report as Twilio posts it, and signs it for the address that it was told. */
export function signedReport(
  authToken: string,
  address: string,
  fields: Readonly<Record<string, string>>,
): { readonly headers: Record<string, string>; readonly body: string } {
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, address, fields),
    },
    body: new URLSearchParams(fields).toString(),
  };
}
