// Counters for message limits.
import { Migration } from '@mikro-orm/migrations';

export class MessageLimits extends Migration {
  override name = '2026-11-25-message-limits';

  override up(): void {
    this.addSql(`create table "rate_limit" (
      "key" varchar(255) not null,
      "points" int not null default 0,
      "expire" bigint null,
      primary key ("key")
    )`);
  }
}
