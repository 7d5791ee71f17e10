// Reads what a browser's `PublicKeyCredential.toJSON()` returns: a RegistrationResponseJSON or an AuthenticationResponseJSON
// (WebAuthn Level 3 section 5.1.8). Only the form is checked here. Members that are not needed are ignored.
import { z } from 'zod';
import { MalformedProofError } from '../proof.ts';

/** Bytes in base64url. @param most after decoding. */
const bytes = (most: number) =>
  z
    .base64url()
    .min(1)
    .max(Math.ceil((most * 4) / 3));

/** The longest credential id that the standard allows. */
const credentialId = bytes(1023);
const clientDataJSON = bytes(4096);

const common = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };

const registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON,
    /** With a chain of certificates, it is much longer than without. */
    attestationObject: bytes(14_000),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,20}$/))
      .max(10)
      .nullish(),
  }),
});

const authentication = z.object({
  ...common,
  response: z.object({
    clientDataJSON,
    authenticatorData: bytes(2048),
    signature: bytes(1024),
    userHandle: bytes(64).nullish(),
  }),
});

export type RegistrationResponse = z.infer<typeof registration> & { readonly is: 'REGISTRATION' };
export type AuthenticationResponse = z.infer<typeof authentication> & { readonly is: 'AUTHENTICATION' };
export type PasskeyResponse = RegistrationResponse | AuthenticationResponse;

/** @throws {MalformedProofError} */
export function readResponse(sent: unknown): PasskeyResponse {
  const registered = registration.safeParse(sent);
  if (registered.success) return { ...registered.data, is: 'REGISTRATION' };
  const authenticated = authentication.safeParse(sent);
  if (authenticated.success) return { ...authenticated.data, is: 'AUTHENTICATION' };
  throw new MalformedProofError(
    'Send what `toJSON()` of the browser’s `PublicKeyCredential` returns: a RegistrationResponseJSON or an AuthenticationResponseJSON.',
  );
}

/** What the browser signed about the ceremony (section 5.8.1). Null when it is not readable. */
export function clientDataOf({ response }: PasskeyResponse): ClientData | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString('utf8'));
    return clientData.parse(parsed);
  } catch {
    return null;
  }
}

const clientData = z.object({
  challenge: z.string(),
  /** Whether the page was in a frame of another site, where a user can be made to click without knowing. */
  crossOrigin: z.boolean().nullish(),
});
export type ClientData = z.infer<typeof clientData>;
