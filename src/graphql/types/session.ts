// Sessions, and what is derived from their evidence.
import { findAccount } from '../../factors/account.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { secondsOf } from '../../platform/clock.ts';
import { type AssuranceLevel, acrOf, amrOf, assuranceLevelAt } from '../../policy/assurance.ts';
import { authTime, type Evidence } from '../../policy/evidence.ts';
import type { SessionGrant } from '../../sessions/grants.ts';
import { type ActiveSession, agingOf, type Session } from '../../sessions/session.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { AssuranceLevelEnum, CategoryEnum, FactorKindEnum } from './enums.ts';

const EvidenceType = builder.objectRef<Evidence>('Evidence').implement({
  description: 'The record that a factor was completed.',
  fields: (t) => ({
    factor: t.field({ type: FactorKindEnum, description: 'Which.', resolve: (it) => it.factor }),
    categories: t.field({
      type: [CategoryEnum],
      description: 'What it proved.',
      resolve: (it) => [...it.categories],
    }),
    amr: t.stringList({
      description: 'Its authentication methods (RFC 8176).',
      resolve: (it) => [...it.amr],
    }),
    completedAt: t.field({
      type: 'DateTime',
      description: 'When, to the second.',
      resolve: (it) => new Date(it.completedAt * 1000),
    }),
  }),
});

type AssuranceShape = Pick<Session, 'userId' | 'evidence' | 'resumedAt'> &
  Partial<Pick<ActiveSession, 'enrolled' | 'aal2'>>;

/** Without limits of its own it is a session that is shown to somebody of the same tenant. */
function levelOf(shown: AssuranceShape, { session, services }: GraphQLContext): AssuranceLevel {
  const limits = shown.aal2 ?? session?.aal2;
  if (limits === undefined) throw new Error('A session was shown to nobody.');
  return assuranceLevelAt(shown.evidence, agingOf(shown, limits), secondsOf(services.clock.now()));
}

export const Assurance = builder.objectRef<AssuranceShape>('Assurance').implement({
  description:
    'What a session has proved, and what its user could prove. What it amounts to is derived from its evidence. The assurance of `viewer` is what the access token that asks opens: of what the session has proved, that which the token says itself.',
  fields: (t) => ({
    level: t.field({
      type: AssuranceLevelEnum,
      description:
        'The level that it amounts to now. AAL2 ends 24 hours after its proofs, and after an hour without use, unless the tenant chose other limits (NIST SP 800-63B-4 section 2.2.3).',
      resolve: (it, _args, context) => levelOf(it, context),
    }),
    evidence: t.field({
      type: [EvidenceType],
      description: 'The evidence, one for each factor.',
      resolve: ({ evidence }) => [...evidence],
    }),
    enrolled: t.field({
      type: [FactorKindEnum],
      description: 'The second factors that its user has and could prove now.',
      resolve: async ({ userId, enrolled }, _args, { session, em, services }) => {
        if (enrolled !== undefined) return [...enrolled];
        if (session?.userId === userId) return [...session.enrolled];
        return [...services.factors.holdings(await findAccount(sqlOf(em), userId)).enrolled];
      },
    }),
    acr: t.string({
      description: 'The level as tokens say it (OpenID Connect Core section 2): `aal1` or `aal2`.',
      resolve: (it, _args, context) => acrOf(levelOf(it, context)),
    }),
    amr: t.stringList({
      description: 'All methods together (RFC 8176).',
      resolve: (it, _args, context) => amrOf(it.evidence, levelOf(it, context)),
    }),
    authTime: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The newest completion (OpenID Connect Core section 2).',
      resolve: ({ evidence }) => {
        const seconds = authTime(evidence);
        return seconds === undefined ? null : new Date(seconds * 1000);
      },
    }),
  }),
});

export const SessionType = builder.objectRef<Session>('Session').implement({
  description: 'A signed-in device of a user.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'idleExpiresAt' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The `sid` of its access tokens.' }),
    isCurrent: t.boolean({
      description: 'Whether this is the session that asks.',
      resolve: (it, _args, { session }) => it.id === session?.id,
    }),
    assurance: t.field({ type: Assurance, description: 'What it has proved.', resolve: (it) => it }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address that it was opened from.' }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The program that opened it, as it calls itself.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was opened.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When it was opened or refreshed last.',
    }),
    idleExpiresAt: t.expose('idleExpiresAt', {
      type: 'DateTime',
      description: 'When it ends unless it is refreshed before.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends in any case.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was ended, if it was.',
    }),
  }),
});

export const SessionGrantType = builder.objectRef<SessionGrant>('SessionGrant').implement({
  description:
    'Tokens of a session. A client that sends the header `x-stepgate-session: cookie` gets them as `__Host-` cookies that no script can read; both token fields are then empty.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'refreshToken' in value,
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'A JWT (RFC 9068), to be sent as `Authorization: Bearer …`. Verify it with the keys at `/.well-known/jwks.json`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description:
        'Opaque, for one use with `refreshSession`, which gives the next one. Using one twice ends the session. Empty when the workflow was driven with an access token that was not the newest of its session: keep the refresh token that you have.',
    }),
    deviceToken: t.exposeString('deviceToken', {
      nullable: true,
      description:
        'After a sign-in or sign-up: keep it for good, and send it as `x-stepgate-device` whenever a workflow is started on this device. Failures on a known device are counted apart, so that no stranger locks its user out, and a sign-in on it is no news to its user. It opens nothing. Null when there is none to keep but the one you have, and with cookies.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the access token expires.' }),
    session: t.field({ type: SessionType, description: 'The session itself.', resolve: (it) => it.session }),
  }),
});
