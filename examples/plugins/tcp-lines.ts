/** The connections of tcp-cluster.ts: how processes find each other, and messages on a socket. */
import { on, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A call with its array, or the answer to one. */
export interface Message {
  readonly call: string;
  readonly body: Buffer;
  /** Why a rank ends all. */
  readonly reason?: string;
  /** Why the call failed, on every rank. */
  readonly failed?: string;
}

export interface Line {
  send(message: Message): void;
  receive(): Promise<Message>;
  end(): void;
}

export const NOTHING: Buffer = Buffer.alloc(0);

/** Rank 0 waits for all others. */
export async function welcome(size: number, port: number, seconds: number): Promise<Line[]> {
  const lines: Line[] = [];
  if (size === 1) return lines;
  const server = createServer().listen(port);
  for await (const [socket] of on(server, 'connection', { signal: AbortSignal.timeout(seconds * 1000) })) {
    const line = lineOf(socket as Socket);
    lines[Number((await line.receive()).call) - 1] = line;
    if (lines.filter(Boolean).length === size - 1) break;
  }
  server.close();
  return lines;
}

/** The others say who they are, once rank 0 listens. */
export async function greet(rank: number, host: string, port: number, seconds: number): Promise<Line> {
  for (const end = Date.now() + seconds * 1000; ; await wait(100)) {
    const socket = connect(port, host);
    try {
      await once(socket, 'connect');
    } catch (error) {
      if (Date.now() > end) throw error;
      continue;
    }
    const line = lineOf(socket);
    line.send({ call: String(rank), body: NOTHING });
    return line;
  }
}

/** A socket that carries messages: the lengths of head and body, the head as JSON, the body. */
function lineOf(socket: Socket): Line {
  socket.setNoDelay().on('error', () => {}); // `receive` finds out
  const chunks = socket.iterator() as AsyncIterator<Buffer>;
  let rest: Buffer = NOTHING;
  const read = async (length: number): Promise<Buffer> => {
    const parts: Buffer[] = [rest];
    for (let size = rest.length; size < length; size += parts.at(-1)!.length) {
      const { done, value } = await chunks.next();
      if (done) throw new Error('A process is gone.');
      parts.push(value);
    }
    const all = Buffer.concat(parts);
    rest = all.subarray(length);
    return all.subarray(0, length);
  };
  return {
    send({ body, ...head }) {
      const text = Buffer.from(JSON.stringify(head));
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32LE(text.length, 0);
      lengths.writeUInt32LE(body.length, 4);
      socket.write(Buffer.concat([lengths, text, body]));
    },
    async receive() {
      const lengths = await read(8);
      const head = JSON.parse(String(await read(lengths.readUInt32LE(0)))) as Omit<Message, 'body'>;
      return { ...head, body: await read(lengths.readUInt32LE(4)) };
    },
    end: () => void socket.end(),
  };
}
