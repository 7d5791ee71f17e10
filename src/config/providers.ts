// The identity providers of this server: those of PROVIDERS_FILE or, in development, the example provider.
import { EXAMPLE_PROVIDER_URL, exampleProviders } from './example-provider.ts';
import { isLoopback } from './loopback.ts';
import { NO_PROVIDERS, type Read, readProvidersFile } from './providers-file.ts';
import type { Reading } from './secret-reference.ts';
import type { Environment } from './variables.ts';

interface ProvidersReading extends Reading {
  readonly publicUrl: string;
}

export function readProviders(
  { PROVIDERS_FILE: file, EXAMPLE_PROVIDER: example, NODE_ENV: mode }: Environment,
  { publicUrl, ...reading }: ProvidersReading,
): Read {
  const isGiven = example !== undefined && example !== 'off';
  const mistakes: string[] = [];
  if (isGiven && reading.production)
    mistakes.push(
      'EXAMPLE_PROVIDER must not be set in production: at the example provider, anyone can sign in as anyone.',
    );
  if (isGiven && file !== undefined)
    mistakes.push('PROVIDERS_FILE and EXAMPLE_PROVIDER exclude each other. Set one of them.');
  if (mistakes.length > 0) return { settings: NO_PROVIDERS, mistakes };
  if (file !== undefined) return readProvidersFile(file, reading);
  // By itself only for users on this machine, because others have no example provider.
  const isOffered = mode === undefined || mode === 'development' ? isLoopback(publicUrl) : false;
  const issuer = example ?? (isOffered ? EXAMPLE_PROVIDER_URL : 'off');
  return { settings: issuer === 'off' ? NO_PROVIDERS : exampleProviders(issuer, publicUrl), mistakes };
}
