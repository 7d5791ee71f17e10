// NestJS, schema first, with Apollo Server.
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { stepUpTransformer, stepUpTypeDefs } from 'stepgate/step-up/sdl';
import { guards } from './apollo-plugin.js';
import { authContext, type StartServer } from './server.js';

export const nestSchemaFirst: StartServer = async (suite) => {
  @Module({
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs: [stepUpTypeDefs(), suite.typeDefs],
        // In your modules, these are the methods of resolver classes.
        resolvers: suite.resolvers as never,
        // Last, so that every resolver is there.
        transformSchema: (schema) => stepUpTransformer({ authContext })(schema),
        plugins: [guards],
        allowBatchedHttpRequests: true,
        context: ({ req }: { req: { headers: Record<string, string> } }) => ({
          presented: suite.present(req.headers['x-caller']),
        }),
        playground: false,
      }),
    ],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return { url: `${await app.getUrl()}/graphql`, stop: () => app.close() };
};
