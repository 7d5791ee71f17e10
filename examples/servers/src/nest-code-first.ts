// NestJS, code first, with Apollo Server. `@Directive` writes a guard, and `stepUpTransformer` enforces it.
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Args,
  createUnionType,
  Directive,
  Field,
  GraphQLModule,
  ID,
  Int,
  InterfaceType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import { guardDirectives, guardEnums } from 'stepgate/step-up';
import type { ConformanceSuite } from 'stepgate/step-up/conformance';
import { stepUpTransformer } from 'stepgate/step-up/sdl';
import { guards } from './apollo-plugin.js';
import { authContext, type StartServer } from './server.js';

@InterfaceType({ resolveType: (it: { __typename: string }) => it.__typename })
abstract class Account {
  @Field(() => ID) id!: string;
  @Directive('@stepUp(maxAge: 300)')
  @Field(() => Int, { nullable: true })
  balance?: number;
  @Field({ nullable: true }) bank?: string;
}

@ObjectType({ implements: [Account] })
class Checking extends Account {
  @Directive('@authenticated')
  @Field(() => Int, { nullable: true })
  overdraft?: number;
}

@ObjectType({ implements: [Account] })
class Savings extends Account {
  @Field(() => Number, { nullable: true }) interest?: number;
}

@Directive('@stepUp(accept: [TOTP])')
@InterfaceType({ resolveType: (it: { __typename: string }) => it.__typename })
abstract class Sealed {
  @Field({ nullable: true }) text?: string;
}

// Not a subclass: NestJS would give it the directives of its parent as well, and `heirs` would be guarded too.
@ObjectType({ implements: () => [Sealed] })
class Testament implements Sealed {
  @Field({ nullable: true }) text?: string;
  @Field(() => Int, { nullable: true }) heirs?: number;
}

@Directive('@requiresRole(role: ADMIN)')
@ObjectType()
class Report {
  @Field({ nullable: true }) title?: string;
  @Directive('@stepUp')
  @Field(() => Int, { nullable: true })
  losses?: number;
}

@ObjectType()
class Leaflet {
  @Field({ nullable: true }) title?: string;
}

const Paper = createUnionType({
  name: 'Paper',
  types: () => [Report, Leaflet] as const,
  resolveType: (it: { __typename: string }) => it.__typename,
});

@Directive('@authenticated')
@ObjectType()
class Client {
  @Field({ nullable: true }) name?: string;
  @Directive('@stepUp(maxAge: 60, accept: [TOTP])')
  @Field({ nullable: true })
  pin?: string;
  @Directive('@stepUp(require: STRONGEST_ENROLLED)')
  @Field({ nullable: true })
  nickname?: string;
  @Field({ nullable: true }) address?: string;
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
    clients(@Args('count', { type: () => Int }) count: number) {
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
    search(@Args('term') term: string) {
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
    close(@Args('term') term: string) {
      return mutation('close', { term });
    }
    @Directive('@requiresRole(role: ADMIN)')
    @Mutation(() => String, { nullable: true })
    audit() {
      return mutation('audit');
    }
    @Directive('@authenticated')
    @Mutation(() => Client, { nullable: true })
    rename(@Args('name') name: string) {
      return mutation('rename', { name });
    }
    @Directive('@stepUp(bind: OPERATION)')
    @Mutation(() => String, { nullable: true })
    pay(@Args('amount', { type: () => Int }) amount: number) {
      return mutation('pay', { amount });
    }
  }
  return Bank;
}

export const nestCodeFirst: StartServer = async (suite) => {
  @Module({
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        buildSchemaOptions: {
          directives: guardDirectives(guardEnums()),
          orphanedTypes: [Checking, Savings],
        },
        transformSchema: (schema) => stepUpTransformer({ authContext })(schema),
        plugins: [guards],
        context: ({ req }: { req: { headers: Record<string, string> } }) => ({
          presented: suite.present(req.headers['x-caller']),
        }),
        playground: false,
      }),
    ],
    providers: [resolverOf(suite)],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return { url: `${await app.getUrl()}/graphql`, stop: () => app.close() };
};
