// Builds GraphiQL before the first test, which would otherwise wait for it.
import { graphiqlBuild } from '../../src/server/graphiql-build.ts';

export default async function setup(): Promise<void> {
  await graphiqlBuild();
}
