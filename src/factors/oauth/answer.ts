// What a client sends of the answer of a provider, and what it is exchanged for.
import { z } from 'zod';
import type { InputFields } from '../input-field.ts';
import { inputProof } from '../proof.ts';
import type { ProvenIdentity } from './proven-identity.ts';

/** The authorization response (RFC 6749 section 4.1.2). */
export interface ProviderAnswer {
  readonly is: 'ANSWER';
  readonly providerId: string;
  readonly code: string;
  readonly state: string;
  /** RFC 9207. Null if the provider sent none. */
  readonly iss: string | null;
  /** What the `bindingDigest` is a digest of. Null for a browser with cookies. */
  readonly bindingSecret: string | null;
}

/** The answer does not belong to this challenge, or the provider did not accept it. */
export interface RefusedAnswer {
  readonly is: 'REFUSED';
}

export type OAuthProof = ProviderAnswer | ProvenIdentity | RefusedAnswer;

export const REFUSED: RefusedAnswer = { is: 'REFUSED' };

const parameter = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x20-\x7e]+$/, 'Pass on the value as it arrived from the provider.');
const optional = parameter.nullish().transform((text) => text ?? null);

const fields = {
  providerId: {
    type: 'ID',
    isRequired: true,
    description:
      'The provider at whose callback or redirect URI the answer arrived. Take it from there, not from the request.',
    form: z.string().max(64),
  },
  code: { type: 'String', isRequired: true, description: 'The `code` of the answer.', form: parameter },
  state: { type: 'String', isRequired: true, description: 'The `state` of the answer.', form: parameter },
  iss: {
    type: 'String',
    description: 'The `iss` of the answer (RFC 9207). Omit it if the answer has none.',
    form: optional,
  },
  bindingSecret: {
    type: 'String',
    description:
      'The secret whose digest was the `bindingDigest` of `prepareFactor`. Omit it in a browser with session cookies.',
    form: optional,
  },
} as const satisfies InputFields<Omit<ProviderAnswer, 'is'>>;

export const oauthProof = inputProof<OAuthProof, Omit<ProviderAnswer, 'is'>>({
  name: 'oauth',
  typeName: 'OAuthProofInput',
  description: 'The answer of an identity provider to the request of `challenge.request`.',
  fields,
  read: (given) => ({ is: 'ANSWER', ...given }),
});
