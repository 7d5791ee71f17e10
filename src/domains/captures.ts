// What the domains of a tenant say about an identity at a provider. A provider that the tenant has bound to domains speaks for
// the addresses in these domains and for no others, and no other provider speaks for an address in them.
import { sql as raw } from 'kysely';
import type { Capture } from '../factors/capture.ts';
import { domainOf } from '../factors/email/mailbox.ts';
import type { ProvenIdentity } from '../factors/oauth/proven-identity.ts';
import type { AnyProvider } from '../factors/oauth/providers.ts';
import type { Sql } from '../persistence/orm.ts';
import { run, statement } from '../persistence/statement.ts';

/** Those that concern the identity: of its provider, and of the address that it claims. */
export function capturesOf(sql: Sql, tenantId: string, identity: ProvenIdentity): Promise<Capture[]> {
  const { providerId, mailbox, domainMailbox } = identity;
  const { address = '' } = mailbox ?? domainMailbox ?? {};
  return run(sql, CAPTURES({ tenantId, providerId, domain: domainOf(address) }));
}

const CAPTURES = statement(
  (
    sql,
    {
      tenantId,
      providerId,
      domain,
    }: { readonly tenantId: string; readonly providerId: string; readonly domain: string },
  ) =>
    sql
      .selectFrom('email_domain')
      .select([
        'id as domainId',
        'name as domain',
        'provider as providerId',
        raw<string>`coalesce(active_digest, '')`.as('digest'),
      ])
      .where('tenant_id', '=', tenantId)
      .where('verified_at', 'is not', null)
      .where('activated_at', 'is not', null)
      .where((it) => it.or([it('provider', '=', providerId), it('name', '=', domain)])),
);

/** The identity, with what its claims are worth in the tenant. */
export function weighed(
  identity: ProvenIdentity,
  { configurationDigest }: AnyProvider,
  captures: readonly Capture[],
): ProvenIdentity {
  const own = captures.filter((one) => one.providerId === identity.providerId);
  if (own.length === 0) {
    const isElsewhere = captures.length > 0 && identity.mailbox !== null;
    return isElsewhere ? { ...identity, mailbox: null, standing: { is: 'ELSEWHERE' } } : identity;
  }
  const { domainMailbox } = identity;
  const capture = own.find(({ domain }) => domainMailbox && domain === domainOf(domainMailbox.address));
  // A configuration that nobody has tested and activated links nobody.
  if (capture === undefined || capture.digest !== configurationDigest)
    return { ...identity, mailbox: null, standing: { is: 'OUTSIDE' } };
  return { ...identity, mailbox: domainMailbox, standing: { is: 'INSIDE', capture } };
}

/** Fails if the domain no longer captures, or does it otherwise. Add it to what links or signs up by the domain. */
export const STILL_CAPTURES = statement(
  (
    sql,
    { tenantId, domainId, digest }: Pick<Capture, 'domainId' | 'digest'> & { readonly tenantId: string },
  ) =>
    sql
      .updateTable('email_domain')
      .set((it) => ({ token: it.ref('token') }))
      .where('tenant_id', '=', tenantId)
      .where('id', '=', domainId)
      .where('activated_at', 'is not', null)
      .where('active_digest', '=', digest)
      .returning('name'),
);
