// The members of `ProofInput`. Each one has a type in the schema, and reads what a client sent before its factor sees it.

export interface ProofField<Value = unknown> {
  readonly name: string;
  readonly description: string;
  readonly type: 'String' | 'Boolean' | 'JSON';
  /** @throws {MalformedProofError} */
  parse(sent: unknown): Value;
}

/** The value cannot be a proof. The message says why, without repeating it. No attempt is counted. */
export class MalformedProofError extends Error {
  override readonly name = 'MalformedProofError';
}

interface Described {
  readonly name: string;
  readonly description: string;
}

/** @param maximumLength in code points. A longer proof is rejected unread. */
export function textProof({
  maximumLength,
  ...field
}: Described & { readonly maximumLength: number }): ProofField<string> {
  return {
    ...field,
    type: 'String',
    parse(sent) {
      const text = String(sent);
      if ([...text].length > maximumLength)
        throw new MalformedProofError(`The proof is too long. The maximum is ${maximumLength} characters.`);
      return text;
    },
  };
}

/** A proof that was given elsewhere. The client only says that it was. */
export function approvalProof(field: Described): ProofField<true> {
  return {
    ...field,
    type: 'Boolean',
    parse(sent) {
      if (sent !== true) throw new MalformedProofError('The only valid value is `true`.');
      return sent;
    },
  };
}

/**
 * For a factor that is added from outside, see docs/adding-a-factor.md.
 * @param parse reads the object, and throws `MalformedProofError` unless it has the right form.
 * @public
 */
export function jsonProof<Value>(field: Described & { parse(sent: unknown): Value }): ProofField<Value> {
  return { ...field, type: 'JSON' };
}
