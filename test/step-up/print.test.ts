// The printed schema shows every guard in its place, and the definitions of the directives.
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { bankSchema } from './example-schema.ts';

const schema = bankSchema();

test('a printed schema contains its guards and their definitions', () => {
  expect(printSchemaWithDirectives(schema)).toMatchInlineSnapshot(`
    "schema {
      query: Query
      mutation: Mutation
      subscription: Subscription
    }

    """Requires a signed-in user. Error code: \`UNAUTHENTICATED\`."""
    directive @authenticated repeatable on FIELD_DEFINITION | INTERFACE | OBJECT

    """
    Requires a signed-in user who has the role. Error codes: \`UNAUTHENTICATED\`, \`FORBIDDEN\`.
    """
    directive @requiresRole(
      """The role that the user must have."""
      role: Role!
    ) repeatable on FIELD_DEFINITION | INTERFACE | OBJECT

    """
    Requires a recent second factor (RFC 9470): one of the accepted second factors was completed no more than \`maxAge\` seconds ago, and the session is AAL2. Error codes: \`UNAUTHENTICATED\`, \`STEP_UP_REQUIRED\`, \`ENROLLMENT_REQUIRED\`.
    """
    directive @stepUp(
      """The accepted second factors. Null accepts any."""
      accept: [FactorKind!]
      """
      Whether the proof counts for the whole session, or only once for this operation and its arguments.
      """
      bind: StepUpBind! = SESSION
      """
      What the user is asked to approve, with arguments in braces: \`Pay {amount} to {recipient.name}\`. Needs \`bind: OPERATION\`.
      """
      describe: String
      """The maximum age of the proof, in seconds."""
      maxAge: Int! = 600
      """
      The minimum age of the factor, in seconds. A factor that was enrolled more recently does not count.
      """
      minFactorAge: Int! = 0
      """
      Whether a first factor is accepted from a user who has no second factor.
      """
      require: StepUpRequire! = SECOND_FACTOR
    ) repeatable on FIELD_DEFINITION | INTERFACE | OBJECT

    interface Account {
      balance: Int @stepUp(maxAge: 300)
      bank: String
      id: ID
    }

    type Checking implements Account {
      balance: Int
      bank: String
      id: ID
      overdraft: Int
    }

    type Client {
      accounts: [Account!]
      name: String
      nickname: String @stepUp(require: STRONGEST_ENROLLED)
      pin: String @stepUp(maxAge: 60, accept: [TOTP, BACKUP_CODE])
      testament: Testament
    }

    enum FactorKind {
      BACKUP_CODE
      CERTIFICATE
      DEVICE_APPROVAL
      EMAIL_CODE
      EMAIL_LINK
      OAUTH
      PASSKEY
      PASSWORD
      PHONE_CODE
      PHONE_LINK
      TOTP
    }

    type Leaflet {
      title: String
    }

    type Mutation {
      audit: String @requiresRole(role: AUDITOR)
      close(term: String!): String @stepUp(maxAge: 120)
      note: String
      open: Client
      openAccount: Account
      pay(amount: Int!, note: String = "none", recipient: String!): String @stepUp(bind: OPERATION, maxAge: 120, accept: [TOTP], describe: "Pay {amount} to {recipient}")
      payOut: String @requiresRole(role: TELLER) @stepUp(bind: OPERATION)
      print: Paper
    }

    union Paper = Leaflet | Report

    type Query {
      accounts: [Account!]
      boom: String
      client: Client @authenticated
      clients(count: Int!): [Client!]
      hello: String
      papers: [Paper!]
      sealed: [Sealed!]
      search(term: String!): String @stepUp
      vault: String @stepUp(bind: OPERATION)
    }

    type Report @requiresRole(role: AUDITOR) {
      losses: Int @stepUp
      title: String
    }

    enum Role {
      AUDITOR
      TELLER
    }

    type Savings implements Account {
      balance: Int @stepUp(maxAge: 300)
      bank: String
      id: ID
      interest: Float @authenticated
    }

    interface Sealed @stepUp(accept: [BACKUP_CODE, TOTP]) {
      text: String
    }

    enum StepUpBind {
      OPERATION
      SESSION
    }

    enum StepUpRequire {
      SECOND_FACTOR
      STRONGEST_ENROLLED
    }

    type Subscription {
      alarms: Int @stepUp
      clients: Client
    }

    type Testament implements Sealed {
      heirs: Int
      text: String
    }"
  `);
});

test('a printed schema with guards is valid', () => {
  expect(() => buildSchema(printSchemaWithDirectives(schema))).not.toThrow();
});
