// What is agreed with an identity provider that speaks SAML 2.0.

/** How it names users. Transient names are refused: nobody would be known by one again. */
export const NAME_ID_FORMATS = ['persistent', 'emailAddress', 'unspecified'] as const;
export type NameIdFormat = (typeof NAME_ID_FORMATS)[number];

export interface SamlTerms {
  /** The provider's. */
  readonly entityId: string;
  /** Where it takes requests, by the redirect binding. */
  readonly ssoUrl: string;
  /** In PEM: the only keys that its signatures are verified with. Two while it changes its key. */
  readonly certificates: readonly string[];
  readonly nameIdFormat: NameIdFormat;
  /** The names of attributes. Null: the usual ones. */
  readonly attributes: { readonly email: string | null; readonly name: string | null };
  /** Its own domains. An address in one of them counts as verified. */
  readonly emailDomains: readonly string[];
  /** With what our requests are signed, both in PEM. Null: not signed. */
  readonly signing: { readonly privateKey: string; readonly certificate: string } | null;
}
