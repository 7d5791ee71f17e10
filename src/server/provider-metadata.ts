// Our metadata for a SAML provider, at `/metadata/PROVIDER`. The address is also our name there.
import type { ServerResponse } from 'node:http';
import type { ProviderPaths } from './providers.ts';

const METADATA_PATH = /^\/metadata\/([a-z][a-z0-9-]{0,31})$/;

/** Undefined if nothing is served at this path. */
export function samlMetadata(
  providers: ProviderPaths | undefined,
  path: string,
): ((response: ServerResponse) => Promise<void>) | undefined {
  const [, id] = METADATA_PATH.exec(path) ?? [];
  const metadata = id === undefined ? undefined : providers?.metadataOf(id);
  return (
    metadata &&
    (async (response) => {
      response.setHeader('content-type', 'application/samlmetadata+xml; charset=utf-8');
      response.end(await metadata());
    })
  );
}
