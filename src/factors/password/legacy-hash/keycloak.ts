// Keycloak's credentials of type `password`, as in a realm export: two strings of JSON. `secretData` contains salt and
// hash, and `credentialData` the algorithm and its parameters.
import { z } from 'zod';
import { bytesOfBase64 } from './bytes.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';

/** Keycloak writes additional parameters as lists of strings. */
const Argon2Data = z.object({
  hashIterations: z.int(),
  algorithm: z.literal('argon2'),
  additionalParameters: z.object({
    type: z.tuple([z.enum(['id', 'i', 'd'])]),
    version: z.tuple([z.literal('1.3')]),
    memory: z.tuple([z.string()]),
    parallelism: z.tuple([z.string()]),
  }),
});
const Pbkdf2Data = z.object({
  hashIterations: z.int(),
  algorithm: z.enum(['pbkdf2', 'pbkdf2-sha256', 'pbkdf2-sha512']),
});
const CredentialData = z.discriminatedUnion('algorithm', [Argon2Data, Pbkdf2Data]);
const SecretData = z.object({ value: z.string(), salt: z.string() });

export interface KeycloakPassword {
  readonly credentialData: string;
  readonly secretData: string;
}

/** The canonical text. @throws {LegacyHashRefused} */
export function keycloakHash({ credentialData, secretData }: KeycloakPassword): string {
  const data = CredentialData.safeParse(json(credentialData)).data;
  const secret = SecretData.safeParse(json(secretData)).data;
  if (data === undefined) {
    throw new LegacyHashError(
      "Keycloak's credentialData must contain pbkdf2, pbkdf2-sha256, pbkdf2-sha512 or argon2 (version 1.3) with its parameters.",
    );
  }
  const salt = bytesOfBase64(secret?.salt ?? '');
  const hash = bytesOfBase64(secret?.value ?? '');
  if (secret === undefined || salt === null || hash === null) {
    throw new LegacyHashError(
      "Keycloak's secretData must contain a value and a salt in base64.",
      'Export the realm and its users again.',
    );
  }
  if (data.algorithm !== 'argon2') {
    const id = data.algorithm === 'pbkdf2' ? 'pbkdf2-sha1' : data.algorithm;
    return phcString(id, { i: data.hashIterations }, { salt, hash });
  }
  const { type, memory, parallelism } = data.additionalParameters;
  const parameters = { v: 19, m: memory[0], t: data.hashIterations, p: parallelism[0] };
  return phcString(`argon2${type[0]}`, parameters, { salt, hash });
}

/** Undefined when the text is not JSON. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
