// What oidc-provider keeps, in one table of PostgreSQL. Statements are named, so that each connection prepares them once.
import pg from "pg";

// node-postgres reads libpq's variables.
export const pool = new pg.Pool({ max: 8 });

export const TABLES = `
  CREATE TABLE account (id text PRIMARY KEY, name text UNIQUE NOT NULL, password text NOT NULL);
  CREATE TABLE kept (
    model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, uid text, expires_at timestamptz,
    PRIMARY KEY (model, id)
  );
  CREATE INDEX kept_grant ON kept (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX kept_uid ON kept (uid) WHERE uid IS NOT NULL;
`;

const query = (name, text, values) => pool.query({ name, text, values });

export class Adapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    await query(
      "upsert",
      `INSERT INTO kept (model, id, payload, grant_id, uid, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')
       ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`,
      [this.model, id, payload, payload.grantId ?? null, payload.uid ?? null, expiresIn ?? null],
    );
  }

  async find(id) {
    const { rows } = await query(
      "find",
      "SELECT payload FROM kept WHERE model = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now())",
      [this.model, id],
    );
    return rows[0]?.payload;
  }

  async findByUid(uid) {
    const { rows } = await query("uid", "SELECT payload FROM kept WHERE model = $1 AND uid = $2", [this.model, uid]);
    return rows[0]?.payload;
  }

  async consume(id) {
    await query(
      "consume",
      `UPDATE kept SET payload = payload || jsonb_build_object('consumed', extract(epoch FROM now())::int)
       WHERE model = $1 AND id = $2`,
      [this.model, id],
    );
  }

  async destroy(id) {
    await query("destroy", "DELETE FROM kept WHERE model = $1 AND id = $2", [this.model, id]);
  }

  async revokeByGrantId(grantId) {
    await query("revoke", "DELETE FROM kept WHERE grant_id = $1", [grantId]);
  }
}
