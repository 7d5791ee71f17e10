// The configuration for sending SMS through Twilio or a provider with the same API.
import { type ServiceTerms, type ServiceUrl, serviceUrl } from './service-url.ts';

export interface TwilioConfig {
  readonly accountSid: string;
  readonly authToken: string;
  /** A phone number in E.164 form, or the id of a messaging service. Null when only Verify can send. */
  readonly sender: { readonly from: string } | { readonly messagingServiceSid: string } | null;
  /** The Verify service that sends codes with its own text. Null sends codes like any other message. */
  readonly verifyServiceSid: string | null;
  /** The origin of the API. Null uses Twilio's own. */
  readonly api: ServiceUrl | null;
  /** The origin for delivery reports. Null when the provider cannot reach this server. */
  readonly callbackOrigin: string | null;
}

interface TwilioEnvironment {
  readonly TWILIO_ACCOUNT_SID?: string;
  readonly TWILIO_AUTH_TOKEN?: string;
  readonly TWILIO_FROM?: string;
  readonly TWILIO_MESSAGING_SERVICE_SID?: string;
  readonly TWILIO_VERIFY_SERVICE_SID?: string;
  readonly TWILIO_API_URL?: string;
}

/** Finds incomplete and conflicting settings. */
export function twilioMistakes(given: ReadonlySet<string>): string[] {
  const mistakes: string[] = [];
  const senders = ['TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID'].filter((name) => given.has(name));
  const canSend = senders.length > 0 || given.has('TWILIO_VERIFY_SERVICE_SID');
  const parts = [given.has('TWILIO_ACCOUNT_SID'), given.has('TWILIO_AUTH_TOKEN'), canSend];
  const isMeant = parts.includes(true) || given.has('TWILIO_API_URL');
  if (isMeant && parts.includes(false)) {
    mistakes.push(
      'TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and one of TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID or TWILIO_VERIFY_SERVICE_SID belong together. Set all three or none.',
    );
  }
  if (senders.length > 1) {
    mistakes.push(
      'TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID are mutually exclusive. Set only one of them.',
    );
  }
  return mistakes;
}

/** @param publicUrl the URL of this server. @param isReachable whether Twilio's servers can reach it. */
export function twilioConfig(
  env: TwilioEnvironment,
  publicUrl: string,
  isReachable: boolean,
  terms: ServiceTerms,
): TwilioConfig | null {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = env;
  if (accountSid === undefined || authToken === undefined) return null;
  return {
    accountSid,
    authToken,
    sender: senderOf(env),
    verifyServiceSid: env.TWILIO_VERIFY_SERVICE_SID ?? null,
    api: env.TWILIO_API_URL === undefined ? null : serviceUrl(env.TWILIO_API_URL, terms),
    // A custom API origin is assumed to be able to reach this server.
    callbackOrigin: isReachable || env.TWILIO_API_URL !== undefined ? publicUrl : null,
  };
}

function senderOf({ TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID }: TwilioEnvironment): TwilioConfig['sender'] {
  if (TWILIO_FROM !== undefined) return { from: TWILIO_FROM };
  return TWILIO_MESSAGING_SERVICE_SID === undefined
    ? null
    : { messagingServiceSid: TWILIO_MESSAGING_SERVICE_SID };
}

/** Whether messages with a text of our own, such as links, can be sent. Verify sends only codes. */
export function canSendText({
  twilio,
  production,
}: {
  readonly twilio: TwilioConfig | null;
  readonly production: boolean;
}): boolean {
  return twilio === null ? !production : twilio.sender !== null;
}
