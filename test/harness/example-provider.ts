// The example provider, on a free port of this machine.
import { once } from 'node:events';
import { createExampleProvider } from '../../examples/provider/server.ts';
import { freePort } from './free-port.ts';

export interface RunningProvider extends AsyncDisposable {
  readonly issuer: string;
}

/** @param stepgate the server that is told of sign-outs. */
export async function startExampleProvider(stepgate: string): Promise<RunningProvider> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const server = await createExampleProvider({ issuer, stepgate });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
