// A sign-in at an identity provider, by OpenID Connect, plain OAuth 2 or SAML 2.0. It proves one category, because a password may be all
// that it takes there. The provider's own second factor counts if the configuration trusts what the provider says of it, and
// only for a user who has none of ours.
import { addSeconds } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { Category, FACTOR_TRAITS, FactorKind } from '../../policy/factor-kind.ts';
import { type Account, enrolledBy } from '../account.ts';
import { openChallenge } from '../challenge.ts';
import {
  type Accepted,
  defineFactor,
  type FactorChoice,
  REJECTED,
  type Verdict,
  type VerificationRequest,
} from '../factor.ts';
import type { ExchangeRequest } from '../factor-exchange.ts';
import { type OAuthProof, oauthProof, type ProviderAnswer, REFUSED } from './answer.ts';
import { AnswerRefusedError } from './answer-refused.ts';
import type { PreparedRequest } from './authorization.ts';
import { IdentityTaken, ProviderNotFound, ProviderUnavailable } from './errors.ts';
import { exchangeCode } from './exchange.ts';
import { identityRow, isLinked, newIdentity, SEALED_ADDRESSES, useIdentity } from './identity.ts';
import { mayBeLinked } from './link-rule.ts';
import { openPending, sealPending } from './pending.ts';
import type { ProvenIdentity } from './proven-identity.ts';
import type { AnyProvider, Providers } from './providers.ts';
import { preparationInput, requestTo } from './request.ts';
import { exchangeResponse } from './saml/exchange.ts';
import { identityTransfer } from './transfer.ts';

const factor = FactorKind.OAUTH;

/** How long a user has at the provider. */
const CHALLENGE_SECONDS = 600;

interface Services {
  readonly ring: KeyRing;
  readonly providers: Providers;
}

export const oauthFactor = defineFactor({
  kind: factor,
  description:
    'A sign-in at an identity provider. Knowledge, because the password there may be all that it takes; possession as well if the configuration trusts what the provider says of its second factor.',
  name: { en: 'An account at an identity provider', de: 'ein Konto bei einem Identitätsanbieter' },
  proofs: [oauthProof],
  roles: ['FIRST'],
  reaches: null,
  identifies: true,
  preparationInput,
  sealed: [SEALED_ADDRESSES],
  transfer: identityTransfer,
  isOnOffer: ({ providers }: Services) => !providers.isEmpty,
  create: ({ ring, providers }: Services) => ({
    choices: (tenantId, providerId) =>
      (providerId === null
        ? providers.listed(tenantId)
        : providers.of(tenantId).filter((one) => one.id === providerId)
      ).map(choiceOf),
    // Not every provider can say that the user has just authenticated. As a second factor, only one whose second factor is
    // trusted.
    options({ tenantId, identities }, role) {
      const own = new Set(identities.map(({ providerId }) => providerId));
      return providers
        .of(tenantId)
        .filter(({ id, canAskAnew }) => canAskAnew && own.has(id))
        .filter(({ id }) => role === 'FIRST' || providers.vouches(tenantId, id))
        .map(choiceOf);
    },
    gather(request) {
      const provider = providers.find(request.tenantId, request.providerId ?? '');
      if (provider === null) throw new ProviderNotFound();
      return requestTo(providers, provider, request);
    },
    prepare({ challengeId, gathered, now }) {
      const { url, state, pending } = gathered as PreparedRequest;
      return {
        digest: digest(state),
        expiresAt: addSeconds(now, CHALLENGE_SECONDS),
        message: null,
        request: { providerId: pending.providerId },
        revealed: { url },
        secret: sealPending(ring, challengeId, pending),
      };
    },
    exchange: (proof, request) =>
      proof.is === 'ANSWER' ? exchange(ring, providers, proof, request) : Promise.resolve(proof),
    identityAtProvider: (proof) => (proof.is === 'IDENTITY' ? proof : null),
    verify: async (proof, request) =>
      proof.is === 'IDENTITY' ? verdictOn(ring, providers, proof, request) : REJECTED,
    enrollment: {
      hint: () => null,
      announced: { audit: 'identity.linked', notice: () => null }, // the notice names the provider, so its proof brings it
      begin: () => null,
      confirm: () => undefined, // its proof has written it
    },
  }),
});

function choiceOf({ id, settings: { name } }: AnyProvider): FactorChoice {
  return { factor, authenticatorId: null, hint: name, needsPreparing: true, providerId: id };
}

/**
 * Everything that binds the answer is checked before the provider is asked, and the challenge is used up before that. With
 * SAML, nobody is asked.
 */
async function exchange(
  ring: KeyRing,
  providers: Providers,
  answer: ProviderAnswer,
  request: ExchangeRequest,
): Promise<OAuthProof> {
  const { challenge: newest, tenantId, browserToken, spendChallenge, now } = request;
  const challenge = openChallenge({ challenge: newest, now });
  if (challenge?.secret == null || digest(answer.state) !== challenge.codeDigest) return REFUSED;
  const pending = openPending(ring, challenge.id, challenge.secret);
  const binding = pending.returnTo === null ? answer.bindingSecret : browserToken;
  if (pending.providerId !== answer.providerId || digest(binding ?? '') !== pending.boundTo) return REFUSED;
  const provider = providers.find(tenantId, pending.providerId);
  if (provider === null) return REFUSED;
  const isSaml = provider.protocol === 'SAML';
  if (!isSaml && !(await spendChallenge(challenge))) return REFUSED;
  try {
    if (isSaml) return await exchangeResponse(provider, answer, { ring, challenge, pending }, request);
    return await exchangeCode(provider, answer, pending, now);
  } catch (error) {
    if (error instanceof AnswerRefusedError) {
      providers.note(provider, error.reason);
      return REFUSED;
    }
    if (isSaml) throw error;
    const { code, error: named } = error as { readonly code?: string; readonly error?: string };
    providers.note(provider, `it cannot be asked (${named ?? code ?? 'no code'})`);
    throw new ProviderUnavailable(provider);
  }
}

/** What the identity proves for this user (L1: by issuer and subject, whatever the address). */
function verdictOn(
  ring: KeyRing,
  providers: Providers,
  proven: ProvenIdentity,
  { account, enrolling, now }: VerificationRequest,
): Verdict {
  if (account === null) return REJECTED;
  const own = account.identities.find(
    ({ issuer, subject }) => issuer === proven.issuer && subject === proven.subject,
  );
  if (enrolling !== null)
    return own === undefined ? linkVerdict(ring, providers, proven, { account, now }) : taken();
  if (own !== undefined) {
    const { id, linkedAt } = own;
    const consume = linkedAt === null ? null : useIdentity(id, now);
    return { ...worth(proven, account, id), consume, enrolledAt: linkedAt };
  }
  if (!mayBeLinked(proven, account)) return REJECTED;
  const links = newIdentity(ring, proven);
  return { ...worth(proven, account, links.id), links };
}

function worth(
  { providerId, secondFactorAt, providerSession }: ProvenIdentity,
  account: Account,
  identityId: string,
) {
  const countsTwice = secondFactorAt !== null && enrolledBy(account).length === 0;
  return {
    accepted: true,
    consume: null,
    enrolledAt: null,
    categories: countsTwice ? [Category.KNOWLEDGE, Category.POSSESSION] : FACTOR_TRAITS[factor].categories,
    ...(countsTwice && { completedAt: secondFactorAt }),
    source: { identityId, providerId, providerSession },
  } as const satisfies Accepted;
}

/** For a user who has proved that they may link it. */
function linkVerdict(
  ring: KeyRing,
  providers: Providers,
  proven: ProvenIdentity,
  { account, now }: { readonly account: Account; readonly now: Date },
): Accepted {
  const links = newIdentity(ring, proven);
  return {
    accepted: true,
    enrolledAt: null,
    notice: {
      name: 'identity-linked',
      provider: providers.get(proven.providerId)?.settings.name ?? proven.providerId,
    },
    consume(unitOfWork) {
      unitOfWork.require(async (sql) => !(await isLinked(sql, account.tenantId, proven)) || taken());
      unitOfWork.insert('identity', identityRow(links, account, now, now));
    },
  };
}

function taken(): never {
  throw new IdentityTaken();
}
