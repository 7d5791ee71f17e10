// The address to which Twilio reports what became of a message. A small form, signed; whatever is not signed by Twilio
// for this very address is refused, before anything is read from it.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { StatusReport } from '../delivery/outbox.ts';
import { readTwilioStatus } from '../delivery/twilio-status.ts';

/** Twilio's own forms have some 500 bytes. */
export const LARGEST_FORM = 16_384;

export interface TwilioStatusParts {
  readonly authToken: string;
  /** As Twilio reaches us. */
  readonly origin: string;
  readonly note: (report: StatusReport) => Promise<void>;
}

export type Answer = readonly [status: number, code: string, message: string] | null;

const UNSUPPORTED: Answer = [415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the report as a form.'];
const CUT_OFF: Answer = [400, 'BAD_REQUEST', 'The report did not arrive as a whole.'];
const FORGED: Answer = [403, 'FORBIDDEN', 'This report is not signed by Twilio for this address.'];

/** Null when the report was taken. */
export async function receiveTwilioStatus(
  { authToken, origin, note }: TwilioStatusParts,
  request: IncomingMessage,
): Promise<Answer> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return UNSUPPORTED;
  const body = await text(request).catch(() => null);
  if (body === null) return CUT_OFF;
  const header = request.headers['x-twilio-signature'];
  const reading = readTwilioStatus(
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
