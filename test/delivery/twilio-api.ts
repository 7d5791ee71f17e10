// An HTTP server on loopback that responds like Twilio's Messages and Verify APIs, and sends reports like Twilio.
import type { ServerResponse } from 'node:http';
import twilio from 'twilio';
import { type LoopbackRequest, LoopbackServer } from '../harness/loopback-server.ts';

export interface TwilioRequest {
  readonly method: string;
  readonly path: string;
  /** The user and password of the Basic authentication. */
  readonly credentials: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface TwilioAnswer {
  readonly status: number;
  readonly body: string;
}

/** An error as Twilio sends it, with the phone number in the message. */
export function twilioError(status: number, code: number, message: string): TwilioAnswer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: JSON.stringify({ code, message, more_info, status }) };
}

/** The fields that we read from a successful response of both APIs. */
const CREATED: TwilioAnswer = {
  status: 201,
  body: JSON.stringify({
    sid: `SM${'0'.repeat(32)}`,
    status: 'queued',
    error_code: null,
    error_message: null,
  }),
};

export class TwilioApi extends LoopbackServer {
  readonly requests: TwilioRequest[] = [];
  /** Null for no response at all. */
  answer: TwilioAnswer | null = CREATED;

  static start(): Promise<TwilioApi> {
    return new TwilioApi().listen();
  }

  protected override respond(
    { method, path, headers, body }: LoopbackRequest,
    response: ServerResponse,
  ): void {
    this.requests.push({
      method,
      path,
      credentials: Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString(),
      form: Object.fromEntries(new URLSearchParams(body)),
    });
    if (this.answer === null) return;
    response.writeHead(this.answer.status, { 'content-type': 'application/json' }).end(this.answer.body);
  }
}

/** A report as Twilio posts it, signed for the given URL. */
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
