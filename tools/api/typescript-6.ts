// Gives TypeDoc the TypeScript that it works with. It reads the sources by TypeScript's JavaScript API, which TypeScript 7
// does not have, so version 6 is installed beside it under a name of its own.
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.replace(/^typescript(?=$|\/)/, 'typescript-6'), context),
});
