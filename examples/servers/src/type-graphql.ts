// TypeGraphQL. `@Directive` writes a guard, and `stepUpTransformer` enforces it. Served by Yoga.
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { specifiedDirectives } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { guardDirectives, guardEnums } from 'stepgate/step-up';
import type { ConformanceSuite } from 'stepgate/step-up/conformance';
import { stepUpTransformer } from 'stepgate/step-up/sdl';
import { useStepUp } from 'stepgate/step-up/yoga';
import {
  Arg,
  buildSchema,
  createUnionType,
  Directive,
  Field,
  ID,
  Int,
  InterfaceType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { authContext, type Context, type StartServer } from './server.js';

@InterfaceType({ resolveType: (it: { __typename: string }) => it.__typename })
abstract class Account {
  @Field(() => ID) id!: string;
  @Directive('@stepUp(maxAge: 300)')
  @Field(() => Int, { nullable: true })
  balance?: number;
  @Field(() => String, { nullable: true }) bank?: string;
}

@ObjectType({ implements: Account })
class Checking extends Account {
  @Directive('@authenticated')
  @Field(() => Int, { nullable: true })
  overdraft?: number;
}

@ObjectType({ implements: Account })
class Savings extends Account {
  @Field(() => Number, { nullable: true }) interest?: number;
}

@Directive('@stepUp(accept: [TOTP])')
@InterfaceType({ resolveType: (it: { __typename: string }) => it.__typename })
abstract class Sealed {
  @Field(() => String, { nullable: true }) text?: string;
}

@ObjectType({ implements: Sealed })
class Testament extends Sealed {
  @Field(() => Int, { nullable: true }) heirs?: number;
}

@Directive('@requiresRole(role: ADMIN)')
@ObjectType()
class Report {
  @Field(() => String, { nullable: true }) title?: string;
  @Directive('@stepUp')
  @Field(() => Int, { nullable: true })
  losses?: number;
}

@ObjectType()
class Leaflet {
  @Field(() => String, { nullable: true }) title?: string;
}

const Paper = createUnionType({
  name: 'Paper',
  types: () => [Report, Leaflet] as const,
  resolveType: (it) => (it as unknown as { __typename: string }).__typename,
});

@Directive('@authenticated')
@ObjectType()
class Client {
  @Field(() => String, { nullable: true }) name?: string;
  @Directive('@stepUp(maxAge: 60, accept: [TOTP])')
  @Field(() => String, { nullable: true })
  pin?: string;
  @Directive('@stepUp(require: STRONGEST_ENROLLED)')
  @Field(() => String, { nullable: true })
  nickname?: string;
  @Field(() => String, { nullable: true }) address?: string;
  @Field(() => [Account], { nullable: true }) accounts?: Account[];
  @Field(() => Testament, { nullable: true }) testament?: Testament;
}

function resolverOf({ resolvers }: ConformanceSuite) {
  const query = (name: string, args: object = {}): any => resolvers['Query']?.[name]?.(null, args as never);
  const mutation = (name: string, args: object = {}): any =>
    resolvers['Mutation']?.[name]?.(null, args as never);

  @Resolver()
  class Bank {
    @Query(() => String, { nullable: true }) open() {
      return query('open');
    }
    @Query(() => String, { nullable: true }) boom() {
      return query('boom');
    }
    @Query(() => Client, { nullable: true }) client() {
      return query('client');
    }
    @Query(() => [Client], { nullable: 'itemsAndList' })
    clients(@Arg('count', () => Int) count: number) {
      return query('clients', { count });
    }
    @Query(() => [Account], { nullable: true }) accounts() {
      return query('accounts');
    }
    @Query(() => [Paper], { nullable: true }) papers() {
      return query('papers');
    }
    @Directive('@stepUp')
    @Query(() => String, { nullable: true })
    search(@Arg('term', () => String) term: string) {
      return query('search', { term });
    }
    @Directive('@stepUp(maxAge: 600)')
    @Directive('@stepUp(maxAge: 60, accept: [TOTP])')
    @Query(() => String, { nullable: true })
    twice() {
      return query('twice');
    }
    @Directive('@requiresRole(role: ADMIN)')
    @Directive('@stepUp')
    @Query(() => String, { nullable: true })
    both() {
      return query('both');
    }
    @Directive('@stepUp(bind: OPERATION)')
    @Query(() => String, { nullable: true })
    vault() {
      return query('vault');
    }
    @Mutation(() => String, { nullable: true }) note() {
      return mutation('note');
    }
    @Directive('@stepUp(maxAge: 120)')
    @Mutation(() => String, { nullable: true })
    close(@Arg('term', () => String) term: string) {
      return mutation('close', { term });
    }
    @Directive('@requiresRole(role: ADMIN)')
    @Mutation(() => String, { nullable: true })
    audit() {
      return mutation('audit');
    }
    @Directive('@authenticated')
    @Mutation(() => Client, { nullable: true })
    rename(@Arg('name', () => String) name: string) {
      return mutation('rename', { name });
    }
    @Directive('@stepUp(bind: OPERATION)')
    @Mutation(() => String, { nullable: true })
    pay(@Arg('amount', () => Int) amount: number) {
      return mutation('pay', { amount });
    }
  }
  return Bank;
}

export const typeGraphql: StartServer = async (suite) => {
  const schema = await buildSchema({
    resolvers: [resolverOf(suite)],
    orphanedTypes: [Checking, Savings, Testament, Report, Leaflet],
    // The list replaces the default one.
    directives: [...specifiedDirectives, ...guardDirectives(guardEnums())],
    validate: false,
  });
  const yoga = createYoga<object, Context>({
    schema: stepUpTransformer({ authContext })(schema),
    context: ({ request }) => ({ presented: suite.present(request.headers.get('x-caller')) }),
    plugins: [useStepUp(authContext)],
    logging: false,
  });
  const server = createServer((request, response) => void yoga(request, response, {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
