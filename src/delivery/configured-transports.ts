// The transports for mail and text messages that are configured. Messages of a channel without one stay in the development
// inbox, and the library that sends them is not loaded.
import type { Config } from '../config/config.ts';
import type { Transports } from './message.ts';

export async function configuredTransports({ smtpUrl, mailFrom, twilio }: Config): Promise<Transports> {
  return {
    ...(smtpUrl !== null && { email: (await import('./smtp.ts')).smtpTransport(smtpUrl, mailFrom) }),
    ...(twilio !== null && { sms: (await import('./twilio.ts')).twilioTransport(twilio) }),
  };
}
