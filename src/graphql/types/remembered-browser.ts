// A browser on which a sign-in takes no second step.
import type { ListedBrowser } from '../../sessions/remembered-browsers.ts';
import { builder } from '../builder.ts';

export const RememberedBrowserType = builder.objectRef<ListedBrowser>('RememberedBrowser').implement({
  description:
    'A browser on which a sign-in of the user takes no second step, because the user has proved a second factor on it and asked for that. It is never enough for `@stepUp`.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the remembered browser. `forgetBrowser` takes it.' }),
    isCurrent: t.exposeBoolean('isCurrent', {
      description: 'Whether the current request comes from this browser, as its device token shows.',
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The IP address at which it was remembered. Null if unknown.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The `User-Agent` header of the browser. Null if unknown.',
    }),
    rememberedAt: t.expose('rememberedAt', {
      type: 'DateTime',
      description: 'When the user last proved a second factor on it and asked to be remembered.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the next sign-in on it takes a second step again.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When the user last signed in on it.',
    }),
  }),
});
