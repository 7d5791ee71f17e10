// How SMS go out: Twilio, or a provider that speaks the same API.
export interface TwilioConfig {
  readonly accountSid: string;
  readonly authToken: string;
  /** A phone number in E.164 form, or the id of a messaging service. Null: only what Verify sends can be sent. */
  readonly sender: { readonly from: string } | { readonly messagingServiceSid: string } | null;
  /** The Verify service that sends codes, in its own words. Null: they are sent like every other text. */
  readonly verifyServiceSid: string | null;
  /** The origin that speaks the API. Null: Twilio's own. */
  readonly apiUrl: string | null;
  /** Our origin, for reports of what became of a message. Null: it cannot be reached from there. */
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

/** Settings of which one alone sends nothing. */
export function twilioMistakes(given: ReadonlySet<string>): string[] {
  const mistakes: string[] = [];
  const senders = ['TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID'].filter((name) => given.has(name));
  const canSend = senders.length > 0 || given.has('TWILIO_VERIFY_SERVICE_SID');
  const parts = [given.has('TWILIO_ACCOUNT_SID'), given.has('TWILIO_AUTH_TOKEN'), canSend];
  const isMeant = parts.includes(true) || given.has('TWILIO_API_URL');
  if (isMeant && parts.includes(false)) {
    mistakes.push(
      'TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and one of TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID or TWILIO_VERIFY_SERVICE_SID go together: set all of them or none.',
    );
  }
  if (senders.length > 1) {
    mistakes.push('TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID exclude each other: set one of them.');
  }
  return mistakes;
}

/** @param publicUrl where clients reach us. @param isReachable whether Twilio's servers can, too. */
export function twilioConfig(
  env: TwilioEnvironment,
  publicUrl: string,
  isReachable: boolean,
): TwilioConfig | null {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = env;
  if (accountSid === undefined || authToken === undefined) return null;
  return {
    accountSid,
    authToken,
    sender: senderOf(env),
    verifyServiceSid: env.TWILIO_VERIFY_SERVICE_SID ?? null,
    apiUrl: env.TWILIO_API_URL ?? null,
    // Whoever names another origin says that its provider is near.
    callbackOrigin: isReachable || env.TWILIO_API_URL !== undefined ? publicUrl : null,
  };
}

function senderOf({ TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID }: TwilioEnvironment): TwilioConfig['sender'] {
  if (TWILIO_FROM !== undefined) return { from: TWILIO_FROM };
  return TWILIO_MESSAGING_SERVICE_SID === undefined
    ? null
    : { messagingServiceSid: TWILIO_MESSAGING_SERVICE_SID };
}

/** Whether an SMS of our own words reaches its recipient, a link for example. Verify sends codes only. */
export function canSendText({
  twilio,
  production,
}: {
  readonly twilio: TwilioConfig | null;
  readonly production: boolean;
}): boolean {
  return twilio === null ? !production : twilio.sender !== null;
}
