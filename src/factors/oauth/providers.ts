// The configured identity providers of this instance.
import type { ProvidersSettings } from '../../config/provider-settings.ts';
import type { Log } from '../../platform/log.ts';
import { Provider, type ProviderParts } from './provider.ts';
import { SamlProvider } from './saml/saml-provider.ts';

export type AnyProvider = Provider | SamlProvider;

const LONGEST_REASON = 100;

export class Providers {
  readonly #all: readonly AnyProvider[];
  readonly returnUrls: readonly string[];
  readonly #publicUrl: string;
  readonly #log: Log;

  constructor(
    { providers, returnUrls }: ProvidersSettings,
    { publicUrl, log, ...parts }: ProviderParts & { readonly publicUrl: string; readonly log: Log },
  ) {
    this.#all = providers.map((one) =>
      one.protocol === 'SAML' ? new SamlProvider(one, publicUrl) : new Provider(one, parts),
    );
    this.returnUrls = returnUrls;
    this.#publicUrl = publicUrl;
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Those that users of a tenant can use. */
  of(tenantId: string): readonly AnyProvider[] {
    return this.#all.filter((one) => one.serves(tenantId));
  }

  /** Those of them that everybody is offered. */
  listed(tenantId: string): readonly AnyProvider[] {
    return this.of(tenantId).filter((one) => one.settings.isListed);
  }

  /** Null if users of the tenant cannot use it, or cannot use it any more (I5). */
  find(tenantId: string, id: string): AnyProvider | null {
    return this.of(tenantId).find((one) => one.id === id) ?? null;
  }

  /** Whether users of the tenant can use it, and the configuration trusts what it says of its second factor (I6). */
  vouches(tenantId: string, id: string): boolean {
    const provider = this.find(tenantId, id);
    return provider !== null && provider.canAskAnew && provider.settings.secondFactor !== null;
  }

  /** Whatever its tenant. */
  get(id: string): AnyProvider | null {
    return this.#all.find((one) => one.id === id) ?? null;
  }

  /** Where the provider sends its answers (RFC 9700 section 4.4.2.2: each provider has an address of its own). */
  callbackOf({ id }: AnyProvider): string {
    return `${this.#publicUrl}/callback/${id}`;
  }

  /** For the operator: why somebody could not sign in. @param reason contains nothing that was sent. */
  note({ id }: AnyProvider, reason: string): void {
    const words = reason.replaceAll(/[^\w .()-]/g, '').slice(0, LONGEST_REASON); // some come from the provider
    this.#log.warn({ provider: id, reason: words }, 'a sign-in at an identity provider failed');
  }

  /**
   * Fetches what each provider publishes. A provider that cannot be reached does not prevent the start: it is asked again
   * when somebody needs it. The example provider seldom runs, so a start does not look for it.
   */
  async warmUp(): Promise<void> {
    await Promise.all(
      this.#all
        .filter((one) => one.protocol === 'OAUTH')
        .filter(({ settings }) => !settings.isExample)
        .map((one) =>
          one.metadata().catch((error: unknown) => {
            this.#log.warn({ err: error, provider: one.id }, 'an identity provider cannot be reached');
          }),
        ),
    );
  }
}
