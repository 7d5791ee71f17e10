// What an approving device signs, and how its signatures are checked: ECDSA on P-256 with SHA-256 (FIPS 186-5), as the
// Web Cryptography API makes them, r and s of 32 bytes each. docs/device-approval.md is the protocol.
//
// A signed text is a list of lines. Its first three name the protocol, the message and the server, so that a signature is
// worth nothing as another message, on another server, or in another protocol. No line can contain a line break, and each
// message has a fixed number of lines, so no two messages have the same text.
import { importJWK } from 'jose';

export interface PublicKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  /** Coordinates in base64url (RFC 7518 section 6.2.1). */
  readonly x: string;
  readonly y: string;
}

/** The messages of a device, with what each of them says besides. */
export type SignedMessage =
  | {
      readonly says: 'enroll';
      readonly deviceId: string;
      /** The token of the scanned address. */
      readonly token: string;
      readonly publicKey: PublicKey;
      readonly subscription: SignedSubscription | null;
    }
  | { readonly says: 'list'; readonly deviceId: string; readonly time: number }
  | ({ readonly says: 'answer'; readonly deviceId: string } & SignedAnswer);

export interface SignedAnswer {
  readonly requestId: string;
  /** The id under which the workflow of the request is stored. */
  readonly workflowDigest: string;
  readonly decision: string;
  /** Empty in a rejection. */
  readonly number: string;
  /** Null when the request approves no operation, or the operation is not recorded. */
  readonly operationDigest: string | null;
}

export interface SignedSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

const PROTOCOL = 'stepgate device approval 1';

/** @param server the origin of the address that the device has scanned. */
export function signedText(server: string, message: SignedMessage): string {
  return [PROTOCOL, message.says, server, message.deviceId, ...linesOf(message)].map(oneLine).join('\n');
}

function linesOf(message: SignedMessage): string[] {
  switch (message.says) {
    case 'enroll': {
      const { token, publicKey, subscription } = message;
      const { endpoint = '', keys = { p256dh: '', auth: '' } } = subscription ?? {};
      return [token, publicKey.x, publicKey.y, endpoint, keys.p256dh, keys.auth];
    }
    case 'list':
      return [String(message.time)];
    case 'answer':
      return [
        message.requestId,
        message.workflowDigest,
        message.decision,
        message.number,
        message.operationDigest ?? '',
      ];
  }
}

/** What a device has answered, from the text that it signed. Null for another text. */
export function readAnswer(
  text: string,
): (SignedAnswer & { readonly server: string; readonly deviceId: string }) | null {
  const [protocol, says, server = '', deviceId = '', ...lines] = text.split('\n');
  if (protocol !== PROTOCOL || says !== 'answer' || lines.length !== 5) return null;
  const [requestId = '', workflowDigest = '', decision = '', number = '', digest = ''] = lines;
  return {
    server,
    deviceId,
    requestId,
    workflowDigest,
    decision,
    number,
    operationDigest: digest === '' ? null : digest,
  };
}

function oneLine(line: string): string {
  if (/[\r\n]/.test(line)) throw new Error('A line of a signed text contains a line break.');
  return line;
}

/** False for a key that is not a point of the curve, too. */
export async function isSignedBy(key: PublicKey, signature: string, text: string): Promise<boolean> {
  const { kty, crv, x, y } = key;
  const imported = await importJWK({ kty, crv, x, y }, 'ES256').catch(() => null);
  if (imported === null) return false;
  return crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    imported,
    Buffer.from(signature, 'base64url'),
    Buffer.from(text),
  );
}
