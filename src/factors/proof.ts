// The members of `ProofInput`. Each one has a type in the schema, and reads what a client sent before its factor sees it.
import type { InputField, InputFields } from './input-field.ts';

export interface ProofField<Value = unknown> {
  readonly name: string;
  readonly description: string;
  readonly type: 'String' | 'Boolean' | 'JSON' | ProofObject;
  /** @throws {MalformedProofError} */
  parse(sent: unknown): Value;
}

/** An input type of its own. */
export interface ProofObject {
  readonly typeName: string;
  readonly fields: Readonly<Record<string, InputField>>;
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

/** A proof of several named values. */
export function inputProof<Value, Given extends object>({
  typeName,
  fields,
  read,
  ...field
}: Described & {
  readonly typeName: string;
  readonly fields: InputFields<Given>;
  read(given: Given): Value;
}): ProofField<Value> {
  return {
    ...field,
    type: { typeName, fields },
    parse(sent) {
      const given = Object(sent) as Readonly<Record<string, unknown>>;
      const forms: Readonly<Record<string, InputField>> = fields;
      const entries = Object.entries(forms).map(([name, { form }]): [string, unknown] => {
        const parsed = form.safeParse(given[name]);
        if (parsed.success) return [name, parsed.data];
        throw new MalformedProofError(
          `\`${name}\`: ${parsed.error.issues[0]?.message ?? 'The value is invalid.'}`,
        );
      });
      return read(Object.fromEntries(entries) as Given);
    },
  };
}
