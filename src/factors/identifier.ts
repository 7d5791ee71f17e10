// What a person calls themselves by before anybody knows who they are: an e-mail address or a phone number.

export const IdentifierKind = { EMAIL: 'EMAIL', PHONE: 'PHONE' } as const;
export type IdentifierKind = (typeof IdentifierKind)[keyof typeof IdentifierKind];

export interface Identifier {
  readonly kind: IdentifierKind;
  /** An address in lower case, or a number in E.164 form. */
  readonly value: string;
}
