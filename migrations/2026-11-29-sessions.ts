// Lifetime of AAL2, refresh tokens whose response was lost, and rotation of signing keys.
import { Migration } from '@mikro-orm/migrations';

export class Sessions extends Migration {
  override name = '2026-11-29-sessions';

  override up(): void {
    this.addSql(
      `alter table "tenant" add "second_factor_seconds" int not null default 86400, add "second_factor_idle_seconds" int not null default 3600`,
    );
    this.addSql(`alter table "session" add "resumed_at" timestamptz null`);
    this.addSql(`alter table "refresh_token" add "predecessor" varchar(43) null`);
    this.addSql(`alter table "signing_key" add "signs_at" timestamptz null`);
  }
}
