// Generates schema.graphql from the code: `npm run schema:print`. A test fails when the file is out of date.
import { writeFile } from 'node:fs/promises';
import { printedSchema } from '../graphql/schema.ts';

await writeFile(new URL('../../schema.graphql', import.meta.url), printedSchema());
