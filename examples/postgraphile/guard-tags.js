// Guards as smart tags: `comment on column bank.customers.iban is '@stepUp {"maxAge":300}'`. On a table, they guard its type and
// each field that reads or writes it. On a function, they guard its field. A guard that reaches no field is an error.
const NAMES = ['stepUp', 'requiresRole', 'authenticated'];

const tagsOf = (entity) => entity?.extensions?.tags ?? {};
const isGuarded = (entity) => NAMES.some((name) => tagsOf(entity)[name] !== undefined);

function argumentsOf(text) {
  if (text === true) return true;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The arguments of a guard must be JSON, for example {"maxAge":300}, not ${text}.`);
  }
}

/** The guards of tables, columns and functions, as `extensions.directives` has them. */
function withGuards(config, entities, guarded) {
  const directives = { ...config.extensions?.directives };
  for (const entity of entities.filter(isGuarded)) {
    guarded.add(tagsOf(entity));
    for (const name of NAMES) {
      const written = tagsOf(entity)[name];
      if (written === undefined) continue;
      directives[name] = [...(directives[name] ?? []), ...[written].flat().map(argumentsOf)];
    }
  }
  return { ...config, extensions: { ...config.extensions, directives } };
}

/** PostGraphile does not say which function a field calls. */
function functionsOf({ pgResources, inflection }, fieldName) {
  return Object.values(pgResources).filter(
    (resource) =>
      resource.parameters &&
      [
        inflection.customMutationField({ resource }),
        inflection.customQueryField({ resource }),
        inflection.computedAttributeField({ resource }),
      ].includes(fieldName),
  );
}

function entitiesOf(resource) {
  return [resource, resource.codec, ...Object.values(resource.codec.attributes ?? {})];
}

const guardedIn = new WeakMap();
const guarded = (build) => {
  if (!guardedIn.has(build.pgResources)) guardedIn.set(build.pgResources, new Set());
  return guardedIn.get(build.pgResources);
};

export const GuardTagsPlugin = {
  name: 'GuardTagsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType: (config, build, { scope: { pgCodec, isPgClassType } }) =>
        isPgClassType ? withGuards(config, [pgCodec], guarded(build)) : config,
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const { pgFieldAttribute, pgFieldResource, fieldName } = scope;
        const entities = [pgFieldAttribute, pgFieldResource, ...functionsOf(build, fieldName)];
        return withGuards(field, [...new Set(entities)], guarded(build));
      },
      finalize(schema, build) {
        const all = Object.values(build.pgResources).flatMap(entitiesOf).filter(isGuarded);
        const lost = all.find((entity) => !guarded(build).has(tagsOf(entity)));
        if (lost !== undefined)
          throw new Error(`This guard reaches no field: ${JSON.stringify(tagsOf(lost))}. Remove or move it.`);
        return schema;
      },
    },
    // Who may filter or sort by a column can find its values out one by one.
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ['guards'],
          callback: (behavior, [codec, name]) =>
            isGuarded(codec.attributes[name]) || isGuarded(codec)
              ? [behavior, '-attribute:filterBy', '-attribute:orderBy']
              : behavior,
        },
      },
    },
  },
};
