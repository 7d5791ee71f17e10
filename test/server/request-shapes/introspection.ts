// Introspection.
import { batch, inAliases, introspect, nest, post, type Shape, times } from './shape.ts';

export const INTROSPECTION: readonly Shape[] = [
  {
    name: 'fields of the types of fields, with aliases',
    body: (n) =>
      post(
        introspect(
          times(
            Math.min(n, 30),
            (at) =>
              `a${at}: types { fields { type { ofType { ofType { fields { name description type { name kind } } } fields { name description type { name kind } } } } } }`,
          ),
        ),
      ),
  },
  {
    name: 'values of the types of arguments, with aliases',
    body: (n) =>
      post(
        introspect(
          times(
            Math.min(n, 30),
            (at) =>
              `a${at}: types { fields { name description type { name kind } args { name type { ofType { inputFields { name type { name kind ofType { enumValues { name } } } } } } } } }`,
          ),
        ),
      ),
  },
  {
    name: 'fields of possible types, with aliases',
    body: (n) =>
      post(
        introspect(
          times(
            Math.min(n, 30),
            (at) => `a${at}: types { possibleTypes { name description fields { name args { name } } } }`,
          ),
        ),
      ),
  },
  {
    name: 'types with aliases',
    body: (n) =>
      post(
        introspect(times(Math.min(n, 30), (at) => `a${at}: types { name fields { name args { name } } }`)),
      ),
  },
  {
    name: 'fields of the types of fields',
    body: (n) =>
      post(
        introspect(
          `types { fields { type { fields { ${times(Math.min(n, 28), (at) => `a${at}: name`)} } } } }`,
        ),
      ),
  },
  {
    name: 'arguments of the fields of the types of fields',
    body: (n) =>
      post(
        introspect(
          `types { fields { type { ofType { fields { args { ${times(Math.min(n, 28), (at) => `a${at}: description`)} } } } } } }`,
        ),
      ),
  },
  {
    name: 'values of the types of arguments',
    body: (n) =>
      post(
        introspect(
          `types { fields { args { type { ofType { inputFields { type { enumValues { ${times(Math.min(n, 28), (at) => `a${at}: name`)} } } } } } } } }`,
        ),
      ),
  },
  {
    name: 'possible types',
    body: (n) =>
      post(
        introspect(
          `types { possibleTypes { possibleTypes { ${times(Math.min(n, 28), (at) => `a${at}: name`)} } interfaces { possibleTypes { name } } } }`,
        ),
      ),
  },
  {
    name: 'many equal response names below many types',
    body: (n) => post(introspect(`types { ${'name '.repeat(n)} fields { ${'name '.repeat(n)} } }`)),
  },
  {
    name: 'many deep types',
    body: (n) =>
      post(
        introspect(
          `types { fields { type { ${nest(Math.min(n, 14), 'ofType { kind name ', ' }', 'name')} } } }`,
        ),
      ),
  },
  {
    name: 'one type with many aliases',
    body: (n) =>
      post(
        inAliases(
          Math.min(n, 30),
          () => '__type(name: "Mutation") { fields { name args { name type { name } } } }',
        ),
      ),
  },
  {
    name: 'all descriptions, with aliases',
    body: (n) =>
      post(
        introspect(
          `types { ${times(Math.min(n, 14), (at) => `a${at}: description`)} fields { ${times(Math.min(n, 14), (at) => `b${at}: description`)} } }`,
        ),
      ),
  },
  {
    name: 'conditional fields below lists',
    body: (n) =>
      post(introspect(`types { fields { ${times(Math.min(n, 50), () => 'name @include(if: true)')} } }`)),
  },
  {
    name: 'batches of introspection',
    body: (n) =>
      batch(Math.min(n, 10), () =>
        introspect('types { name fields { name description type { name } args { name } } }'),
      ),
  },
];
