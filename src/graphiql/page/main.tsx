// The page of the server: GraphiQL with the plugin, and the settings that the server put into the page.
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import type { GraphQLSchema } from 'graphql';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { documentedSchema, stepgatePlugin } from '../index.ts';
import { fetcherOf } from './fetcher.ts';
import { initialTexts } from './initial-texts.ts';
import { Logo } from './logo.tsx';
import { pageSettings } from './settings.ts';

const { tabs, schema: schemaUrl, inbox } = pageSettings();
const api = `${location.origin}/graphql`;

/** Null if the server does not publish its schema. */
const sdl = schemaUrl === null ? Promise.resolve(null) : fetch(schemaUrl).then((response) => response.text());
const { plugin, fetcher } = stepgatePlugin({ stepgate: api, isStepgate: true, sdl, inbox });
const send = fetcher(fetcherOf(api));
const plugins = [HISTORY_PLUGIN, plugin];
const initial = initialTexts(tabs[0]);

function Page() {
  // Null: GraphiQL does not ask for the schema. Undefined: it does.
  const [schema, setSchema] = useState<GraphQLSchema | null | undefined>(null);
  useEffect(() => {
    sdl.then(
      (text) => setSchema(text === null ? undefined : documentedSchema(text)),
      () => setSchema(undefined),
    );
  }, []);
  return (
    <GraphiQL
      fetcher={send}
      plugins={plugins}
      {...(schema === undefined ? {} : { schema })}
      defaultTabs={[...tabs]}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false} // access tokens must not stay in the browser's storage
      {...initial}
    >
      <GraphiQL.Logo>
        <Logo />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

const root = document.getElementById('graphiql');
if (root === null) throw new Error('The page has no element for GraphiQL.');
createRoot(root).render(<Page />);
