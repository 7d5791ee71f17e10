// What each server of this folder has in common: it serves a schema, and asks `authContext` who is calling.

import type { Presented } from 'stepgate/step-up';
import type { ConformanceSuite } from 'stepgate/step-up/conformance';

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server for a suite. In your server, verify a token instead of reading the header `x-caller`. */
export type StartServer = (suite: ConformanceSuite) => Promise<RunningServer>;

/** What the context of each operation has. */
export interface Context {
  readonly presented: Presented;
}

export const authContext = ({ presented }: Context): Presented => presented;
