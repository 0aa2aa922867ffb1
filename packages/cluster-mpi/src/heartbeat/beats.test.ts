/** Rank 0 and the others find out who is gone: by a hang-up, by silence, and from rank 0; a goodbye is no loss. */
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Hub, Spoke, type Meeting, type News } from './beats.js';

const TICK_MS = 20;

const open: { stop(): void }[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const side of open.splice(0)) side.stop();
  for (const socket of sockets.splice(0)) socket.destroy();
});

interface Heard {
  readonly news: News[];
  readonly next: Promise<News>;
  tell(news: News): void;
}

function listener(): Heard {
  const news: News[] = [];
  let first: (news: News) => void;
  const next = new Promise<News>((resolve) => (first = resolve));
  return { news, next, tell: (each) => (news.push(each), first(each)) };
}

async function hubOf(size: number, comeMs?: number) {
  const heard = listener();
  const hub = await Hub.open(size, TICK_MS, heard.tell, comeMs);
  open.push(hub);
  return { hub, heard };
}

async function spokeOf(meeting: Meeting, rank: number) {
  const heard = listener();
  const spoke = await Spoke.open({ ...meeting, addresses: ['127.0.0.1'] }, rank, TICK_MS, heard.tell);
  open.push(spoke!);
  return { spoke: spoke!, heard };
}

/** A rank that says its hello and nothing else. */
async function silentRank({ port, hello }: Meeting, rank: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.write(`${hello} ${rank}\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

test('who falls silent is lost to rank 0, which tells the others', async () => {
  const { hub, heard } = await hubOf(3);
  const other = await spokeOf(hub.meeting, 1);
  await silentRank(hub.meeting, 2);
  expect(await heard.next).toEqual({ lost: 2 });
  expect(await other.heard.next).toEqual({ lost: 2 });
});

test('who hangs up without a goodbye is lost at once', async () => {
  const { hub, heard } = await hubOf(3);
  const other = await spokeOf(hub.meeting, 2);
  (await silentRank(hub.meeting, 1)).destroy();
  expect(await heard.next).toEqual({ lost: 1 });
  expect(await other.heard.next).toEqual({ lost: 1 });
});

test('rank 0 is lost to all who were connected', async () => {
  const { hub } = await hubOf(2);
  const { heard } = await spokeOf(hub.meeting, 1);
  // as if its process were gone
  (hub as unknown as { lines: Map<number, { drop(): void }> }).lines.get(1)!.drop();
  expect(await heard.next).toEqual({ lost: 0 });
});

test('goodbyes are no losses, and nobody is lost who goes on', async () => {
  const { hub, heard } = await hubOf(3);
  const [one, two] = await Promise.all([1, 2].map((rank) => spokeOf(hub.meeting, rank)));
  await new Promise((resolve) => setTimeout(resolve, 20 * TICK_MS));
  one.spoke.stop();
  await new Promise((resolve) => setTimeout(resolve, 5 * TICK_MS));
  hub.stop();
  await new Promise((resolve) => setTimeout(resolve, 20 * TICK_MS));
  for (const { news } of [heard, one.heard, two.heard]) expect(news).toEqual([]);
});

test('strangers are sent away, and rank 0 says who has not come', async () => {
  const { hub, heard } = await hubOf(4, 300);
  await spokeOf(hub.meeting, 2);
  for (const text of ['GET / HTTP/1.1\n', `${hub.meeting.hello} 9\n`, `${hub.meeting.hello}\n`, 'x'.repeat(2000)]) {
    const socket = connect({ host: '127.0.0.1', port: hub.meeting.port });
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(text);
    await new Promise((resolve) => socket.once('close', resolve));
  }
  expect(await heard.next).toEqual({ unwatched: [1, 3] });
  expect(heard.news).toHaveLength(1);
});

test('another program at the address is not taken for rank 0', async () => {
  const { hub } = await hubOf(2);
  const wrong = { ...hub.meeting, welcome: 'something else', addresses: ['127.0.0.1'] };
  expect(await Spoke.open(wrong, 1, TICK_MS, () => undefined)).toBeUndefined();
});
