// Browsers that users have let remember them, and the device on which a session began. The previous version writes none of
// these columns: a session that it began has no device, and it remembers no browser.
import { Migration } from '@mikro-orm/migrations';

export class RememberedBrowsers extends Migration {
  override name = '2026-11-30-remembered-browsers';

  override up(): void {
    this.addSql(`alter table "tenant" add "remember_days" int not null default 0`);
    this.addSql(`alter table "session" add "device_digest" varchar(43) null`);
    this.addSql(
      `alter table "known_device" add "remembered_at" timestamptz null, add "remembered_ip" varchar(64) null, add "remembered_user_agent" varchar(256) null`,
    );
  }
}
