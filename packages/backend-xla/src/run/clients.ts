/**
 * Clients by plugin and options. Engines share one, because a client may take most of a device's memory; the last one
 * closes it.
 */
import { Client } from '../pjrt/client.js';
import type { NamedValues } from '../pjrt/named-values.js';
import { loadPlugin } from '../pjrt/plugin.js';

interface Shared {
  readonly client: Promise<Client>;
  users: number;
}

const shared = new Map<string, Shared>();

export interface SharedClient {
  readonly client: Client;
  /** Call it once, after this user has freed everything on the devices. */
  release(): void;
}

/** Throws if the plugin cannot be loaded or finds no device. */
export async function shareClient(
  path: string,
  libraries: readonly string[],
  options: NamedValues,
): Promise<SharedClient> {
  const key = JSON.stringify([path, options]);
  let entry = shared.get(key);
  if (!entry) {
    entry = { client: loadPlugin(path, libraries).then((plugin) => new Client(plugin, options)), users: 0 };
    shared.set(key, entry);
    entry.client.catch(() => shared.delete(key));
  }
  const own = entry;
  own.users++;
  const client = await own.client;
  return {
    client,
    release() {
      if (--own.users > 0) return;
      if (shared.get(key) === own) shared.delete(key);
      client.close();
    },
  };
}
