// Sessions, their evidence, and what follows from it.
import { findAccount } from '../../factors/account.ts';
import { secondsOf } from '../../platform/clock.ts';
import { type AssuranceLevel, acrOf, amrOf, assuranceLevelAt } from '../../policy/assurance.ts';
import { authTime, type Evidence } from '../../policy/evidence.ts';
import { type ActiveSession, type Agent, agingOf, type Session } from '../../sessions/active-session.ts';
import type { SessionGrant } from '../../sessions/grants.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { AssuranceLevelEnum, CategoryEnum, FactorKindEnum, RoleEnum } from './enums.ts';

const EvidenceType = builder.objectRef<Evidence>('Evidence').implement({
  description: 'A record that a session has proved a factor.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      description: 'The factor that was proved.',
      resolve: (it) => it.factor,
    }),
    categories: t.field({
      type: [CategoryEnum],
      description: 'The categories that the proof counts as.',
      resolve: (it) => [...it.categories],
    }),
    amr: t.stringList({
      description: 'The authentication methods of the proof (RFC 8176 section 2).',
      resolve: (it) => [...it.amr],
    }),
    completedAt: t.field({
      type: 'DateTime',
      description: 'When the factor was proved, to the second.',
      resolve: (it) => new Date(it.completedAt * 1000),
    }),
    enrolledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the user enrolled what was proved: the authenticator, the phone number, or the set of backup codes. Null if unknown; it then counts as enrolled just now.',
      resolve: ({ enrolledAt }) => (enrolledAt === undefined ? null : new Date(enrolledAt * 1000)),
    }),
  }),
});

type AssuranceShape = Pick<Session, 'userId' | 'evidence' | 'resumedAt'> &
  Partial<Pick<ActiveSession, 'enrolled' | 'aal2'>>;

/** A session without limits of its own is shown to a caller of the same tenant, so the caller's limits apply. */
function levelOf(shown: AssuranceShape, { session, services }: GraphQLContext): AssuranceLevel {
  const limits = shown.aal2 ?? session?.aal2;
  if (limits === undefined)
    throw new Error('The assurance of a session was read without a signed-in caller.');
  return assuranceLevelAt(shown.evidence, agingOf(shown, limits), secondsOf(services.clock.now()));
}

export const Assurance = builder.objectRef<AssuranceShape>('Assurance').implement({
  description:
    'What a session has proved, and which factors its user could prove. The level follows from the evidence. `viewer.assurance` counts only evidence that is also in the access token of the request, so a token from before a step-up shows less than a refreshed one.',
  fields: (t) => ({
    level: t.field({
      type: AssuranceLevelEnum,
      description:
        'The current assurance level. `AAL2` ends 24 hours after the proofs, and after one hour of inactivity, unless the tenant has configured other limits (NIST SP 800-63B-4 section 2.2.3).',
      resolve: (it, _args, context) => levelOf(it, context),
    }),
    evidence: t.field({
      type: [EvidenceType],
      description: 'The most recent evidence for each factor that was proved.',
      resolve: ({ evidence }) => [...evidence],
    }),
    enrolled: t.field({
      type: [FactorKindEnum],
      description: 'The second factors that the user has enrolled and can prove now.',
      resolve: async ({ userId, enrolled }, _args, { session, em, services }) => {
        if (enrolled !== undefined) return [...enrolled];
        if (session?.userId === userId) return [...session.enrolled];
        return [...services.factors.availableFactors(await findAccount(em, userId)).enrolled];
      },
    }),
    acr: t.string({
      description:
        'The assurance level as in the `acr` claim of access tokens (OpenID Connect Core 1.0 section 2): `aal1` or `aal2`.',
      resolve: (it, _args, context) => acrOf(levelOf(it, context)),
    }),
    amr: t.stringList({
      description: 'The authentication methods of all evidence, as in the `amr` claim (RFC 8176 section 2).',
      resolve: (it, _args, context) => amrOf(it.evidence, levelOf(it, context)),
    }),
    authTime: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When a factor was last proved, as in the `auth_time` claim (OpenID Connect Core 1.0 section 2). Null if none was.',
      resolve: ({ evidence }) => {
        const seconds = authTime(evidence);
        return seconds === undefined ? null : new Date(seconds * 1000);
      },
    }),
  }),
});

const AgentType = builder.objectRef<Agent>('Agent').implement({
  description:
    'A program that acts for its user with a token of its own, for example an AI assistant. It never proves a factor.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What the user called it.' }),
    roles: t.field({
      type: [RoleEnum],
      description: 'The roles that it may use, as long as the user has them.',
      resolve: (it) => [...it.roles],
    }),
  }),
});

export const SessionType = builder.objectRef<Session>('Session').implement({
  description:
    'A session of a user, which begins with a sign-in or sign-up on one device. An agent of the user has a session of its own, which begins with `createAgentToken`.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'idleExpiresAt' in value,
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'The id of the session. It is the `sid` claim of its access tokens.',
    }),
    isCurrent: t.boolean({
      description: 'Whether this is the session of the current request.',
      resolve: (it, _args, { session }) => it.id === session?.id,
    }),
    agent: t.field({
      type: AgentType,
      nullable: true,
      description: 'The agent that holds the token of this session. Null if a person signed in.',
      resolve: (it) => it.agent,
    }),
    assurance: t.field({ type: Assurance, description: 'What the session has proved.', resolve: (it) => it }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The IP address that the session was started from. Null if unknown.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The `User-Agent` header of the client that started the session. Null if unknown.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the session was started.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When the session was last refreshed, or started if it was never refreshed.',
    }),
    idleExpiresAt: t.expose('idleExpiresAt', {
      type: 'DateTime',
      description: 'When the session ends unless it is refreshed first.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the session ends even if it is refreshed.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the session was revoked. Null if it was not.',
    }),
  }),
});

export const SessionGrantType = builder.objectRef<SessionGrant>('SessionGrant').implement({
  description:
    'The tokens of a session. If the client sends the header `x-stepgate-session: cookie`, the tokens are set as `__Host-` cookies that scripts cannot read, and `accessToken` and `refreshToken` are empty strings. With `x-stepgate-session: hybrid`, `accessToken` is in the response, for requests to your other services.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'refreshToken' in value,
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'A JWT (RFC 9068). Send it in the header `Authorization: Bearer …`. Your services verify it with the keys at `/.well-known/jwks.json`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description:
        'An opaque token for `refreshSession`, which returns the next one. Each refresh token can be used once; using it again ends the session. Empty if the workflow was completed with an access token that is not the newest of its session: keep the refresh token that you have.',
    }),
    deviceToken: t.exposeString('deviceToken', {
      nullable: true,
      description:
        'A token that identifies this device, returned after a sign-in or sign-up. Store it permanently and send it in the header `x-stepgate-device` whenever you start a workflow on this device. Failed attempts from a known device are counted separately, so that other people cannot lock its user out, and signing in from it does not notify the user. It does not grant access. Null if the token that you sent is still valid, or if the client uses cookies.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the access token expires.' }),
    session: t.field({
      type: SessionType,
      description: 'The session that the tokens belong to.',
      resolve: (it) => it.session,
    }),
  }),
});
