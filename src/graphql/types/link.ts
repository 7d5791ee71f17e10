// A link as its visitor sees it.
import { browserOf } from '../../delivery/origin.ts';
import type { LinkRequest } from '../../factors/link/approval.ts';
import { builder } from '../builder.ts';
import { FactorKindEnum } from './enums.ts';

export const LinkRequestType = builder.objectRef<LinkRequest>('LinkRequest').implement({
  description:
    'What a link would approve, for whoever has opened it. Compare it with what you are doing: the sign-in goes on where it was begun, not here.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'challengeId' in value,
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      description: 'What approving it proves.',
      resolve: (it) => it.factor,
    }),
    workflow: t.exposeString('workflow', {
      description: 'What it is for: `sign-in`, `sign-up`, `password-reset`, `step-up` or `enrollment`.',
    }),
    browser: t.string({
      nullable: true,
      description: 'The program that asked for it, as it calls itself.',
      resolve: (it) => browserOf(it.userAgent),
    }),
    place: t.string({
      nullable: true,
      description: 'About where it was asked for, by its address.',
      resolve: (it, _args, { locale, services }) => services.outbox.places.placeOf(it.ip, locale),
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address from which it was asked for.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it can be approved.' }),
    approvedAt: t.expose('approvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was approved, if it was.',
    }),
  }),
});
