// The page of the server: GraphiQL, with the settings that the server put into the page.
import { GraphiQL } from 'graphiql';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { createRoot } from 'react-dom/client';
import { fetcherOf } from './fetcher.ts';
import { Logo } from './logo.tsx';
import { pageSettings } from './settings.ts';

const { tabs } = pageSettings();
const api = `${location.origin}/graphql`;

/** GraphiQL runs nothing of a shared URL by itself. */
const shared = new URLSearchParams(location.search).get('query');

/** Without stored content, GraphiQL shows the first tab without its variables (graphql/graphiql#3392). */
const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;
const [first] = tabs;
const initial =
  shared !== null
    ? { initialQuery: shared, initialVariables: '' }
    : isFirstVisit && first
      ? { initialQuery: first.query, initialVariables: first.variables ?? '' }
      : {};

const root = document.getElementById('graphiql');
if (root === null) throw new Error('The page has no element for GraphiQL.');
createRoot(root).render(
  <GraphiQL
    fetcher={fetcherOf(api)}
    defaultTabs={[...tabs]}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false} // access tokens must not stay in the browser's storage
    {...initial}
  >
    <GraphiQL.Logo>
      <Logo />
    </GraphiQL.Logo>
  </GraphiQL>,
);
