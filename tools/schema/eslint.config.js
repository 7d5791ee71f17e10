// The rules that schema.graphql must meet: the recommended ones of graphql-eslint, and a description for everything that
// a client sees. ESLint is for the schema alone; oxlint lints the code.
import graphql from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      // Errors and values, such as `ProofRejected` and `Assurance`, have no identity of their own.
      '@graphql-eslint/strict-id-in-types': 'off',
      // A union of results is described by its mutation.
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          UnionTypeDefinition: false,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          rootField: true,
        },
      ],
    },
  },
];
