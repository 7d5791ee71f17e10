// For a registry of factors without identity providers.
import { Providers } from '../../src/factors/oauth/providers.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';

export const NO_PROVIDERS = new Providers(
  { providers: [], returnUrls: [] },
  { publicUrl: 'https://example.com', isDevelopment: false, clock: systemClock, log: createLog('silent') },
);
