// The webhook where Twilio reports the delivery status of a message, as a small signed form. A form that Twilio did not
// sign for this URL is refused before anything is read from it.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { StatusReport } from '../delivery/outbox.ts';
import { readTwilioStatus } from '../delivery/twilio-status.ts';

/** Twilio's forms have about 500 bytes. */
export const LARGEST_FORM = 16_384;

export interface TwilioStatusParts {
  readonly authToken: string;
  /** This server's origin, as Twilio reaches it. */
  readonly origin: string;
  readonly note: (report: StatusReport) => Promise<void>;
}

export type Answer = readonly [status: number, code: string, message: string] | null;

const UNSUPPORTED: Answer = [
  415,
  'UNSUPPORTED_MEDIA_TYPE',
  'The Content-Type must be application/x-www-form-urlencoded.',
];
const CUT_OFF: Answer = [400, 'BAD_REQUEST', 'The request body is incomplete.'];
const FORGED: Answer = [403, 'FORBIDDEN', 'The report has no valid signature by Twilio for this URL.'];

/** @returns the refusal, or null if the report was accepted. */
export async function receiveTwilioStatus(
  { authToken, origin, note }: TwilioStatusParts,
  request: IncomingMessage,
): Promise<Answer> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return UNSUPPORTED;
  const body = await text(request).catch(() => null);
  if (body === null) return CUT_OFF;
  const header = request.headers['x-twilio-signature'];
  const reading = await readTwilioStatus(
    {
      target: request.url ?? '',
      signature: typeof header === 'string' ? header : '',
      form: new URLSearchParams(body),
    },
    { authToken, origin },
  );
  if (reading.outcome === 'forged') return FORGED;
  if (reading.outcome === 'report') await note(reading.report);
  return null;
}
