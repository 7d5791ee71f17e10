// The parts of the configuration that a single layer needs.
import type { ServiceUrl } from './service-url.ts';

/** How many messages may be sent per hour. A prefix is the network of the client that requests them. */
export interface MessageLimitSettings {
  readonly smsPerNumber: number;
  readonly smsPerAccount: number;
  readonly smsPerPrefix: number;
  readonly mailPerAddress: number;
  readonly mailPerPrefix: number;
}

/** Limits per hour for unauthenticated clients. An IP is an address or an IPv6 /64; a prefix is the network around it. */
export interface NetworkLimitSettings {
  /** Wrong guesses in one tenant. */
  readonly failuresPerIp: number;
  readonly failuresPerPrefix: number;
  /** New workflows on one node. */
  readonly startsPerIp: number;
  readonly startsPerPrefix: number;
}

/** Where passkeys are used (WebAuthn Level 3, sections 5.4.2 and 5.11). */
export interface PasskeySettings {
  /** The domain that passkeys belong to. */
  readonly rpId: string;
  /** The origins whose pages may use them. */
  readonly origins: readonly string[];
}

/** What the server publishes under `/.well-known/`. Null where the application has no such page. */
export interface WellKnownSettings {
  /** Origins outside the domain of the passkeys whose pages may use them. */
  readonly relatedOrigins: readonly string[];
  /** The page on which a user adds a passkey. */
  readonly enrollPasskeyUrl: string | null;
  /** The page on which a user manages passkeys. */
  readonly managePasskeysUrl: string | null;
  /** The page on which a user changes the password. */
  readonly changePasswordUrl: string | null;
}

/** Where breached passwords are looked up, in addition to the built-in list of common ones. */
export interface BreachedPasswordSettings {
  readonly source:
    | { readonly name: 'common' }
    /** A range API like that of Have I Been Pwned. No trailing slash. */
    | ({ readonly name: 'online' } & ServiceUrl)
    | { readonly name: 'index'; readonly path: string };
  /** What to do with a password that cannot be looked up. */
  readonly whenUnreachable: 'accept' | 'refuse';
}

/** How long records are kept, where an operator may want another age. docs/operating.md lists all ages. */
export interface RetentionSettings {
  readonly auditSeconds: number;
  /** After the session has ended. */
  readonly endedSessionSeconds: number;
  /** After the refresh token was used. */
  readonly usedTokenSeconds: number;
  /** After the last sign-in on the device. */
  readonly deviceSeconds: number;
  /** After the message has expired. */
  readonly messageSeconds: number;
}
