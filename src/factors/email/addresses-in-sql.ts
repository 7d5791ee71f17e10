// The email addresses of a user as SQL reads them.
import { sql } from 'kysely';

/** The order of the addresses `e` of a user: the primary one first, and unverified ones last. */
export const PRIMARY_FIRST = sql`e.is_primary desc, e.verified_at nulls last, e.created_at, e.id`;

/**
 * A JSON object with the `email` and the `emails` of the account of `user_account u`. The owner of an address is looked up only
 * for those that this user has not verified.
 */
export const ADDRESSES = sql`(
  select jsonb_build_object(
    'email', jsonb_agg(known.email order by ${PRIMARY_FIRST}) filter (
      where e.verified_at is not null or u.activated_at is null
    ) -> 0,
    'emails', coalesce(jsonb_agg(known.email order by ${PRIMARY_FIRST}), '[]')
  )
  from email_address e
  cross join lateral (
    select jsonb_build_object(
      'id', e.id, 'address', e.address, 'typed', coalesce(e.typed, e.address), 'verified', e.verified_at is not null,
      'enrolledAt', e.verified_at,
      'owner', case when e.verified_at is null then (
        select jsonb_build_object('locale', ou.locale)
        from email_address o join user_account ou on ou.id = o.user_id
        where o.tenant_id = e.tenant_id and o.address = e.address
          and o.verified_at is not null and o.user_id <> e.user_id
      ) end
    ) as email
  ) known
  where e.tenant_id = u.tenant_id and e.user_id = u.id
)`;
