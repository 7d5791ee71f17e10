// What a visitor sees of a link before approving it.
import { browserOf } from '../../delivery/origin.ts';
import type { LinkRequest } from '../../factors/link/approval.ts';
import { builder } from '../builder.ts';
import { FactorKindEnum } from './enums.ts';

export const LinkRequestType = builder.objectRef<LinkRequest>('LinkRequest').implement({
  description:
    'What a link approves. Show it to the person who opened the link, so that they can check that the request is theirs: after the approval, the workflow continues in the browser that started it, not here.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'challengeId' in value,
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      description: 'The factor that is proved when the link is approved.',
      resolve: (it) => it.factor,
    }),
    workflow: t.exposeString('workflow', {
      description:
        'The workflow that requested the link: `sign-in`, `sign-up`, `password-reset`, `step-up` or `enrollment`.',
    }),
    browser: t.string({
      nullable: true,
      description:
        'The browser and operating system that requested the link, according to its `User-Agent` header. Null if unknown.',
      resolve: (it) => browserOf(it.userAgent),
    }),
    place: t.string({
      nullable: true,
      description:
        'The approximate place of the browser that requested the link, derived from its IP address. Null if unknown.',
      resolve: (it, _args, { locale, services }) => services.outbox.geoip.placeOf(it.ip, locale),
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The IP address of the browser that requested the link. Null if unknown.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the link was requested.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the link expires and can no longer be approved.',
    }),
    approvedAt: t.expose('approvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the link was approved. Null if it has not been.',
    }),
  }),
});
