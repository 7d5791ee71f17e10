// The keys that stored values depend on. This migration finds the keys of long-lived values. From now on, each server
// records the key with which it seals.
import { Migration } from '@mikro-orm/migrations';

export class SecretKeys extends Migration {
  override name = '2026-11-29-secret-keys';

  override up(): void {
    this.addSql(`create table "secret_key" ("id" varchar(8) not null, primary key ("id"))`);
    this.addSql(`insert into "secret_key" ("id")
      select distinct "key_id" from (
        select substring("secret" from '([0-9a-f]{8})[.$]') as "key_id" from "authenticator"
        union all
        select substring("digest" from '([0-9a-f]{8})[.$]') from "backup_code" where "used_at" is null
        union all
        select substring("sealed_private_jwk" from '([0-9a-f]{8})[.$]') from "signing_key"
      ) as "stored"
      where "key_id" is not null`);
  }
}
