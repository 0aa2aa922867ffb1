/**
 * Signs of life between the processes, beside MPI, because an MPI call waits for ever for a host that has lost its power or
 * its network. Every process keeps a connection to rank 0 and sends a line on it at regular intervals. A process that sends
 * nothing for too long, or closes the connection without saying goodbye, is lost; rank 0 tells the others.
 */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Line } from './line.js';

/** Where rank 0 can be reached, and the words by which both sides recognise each other. */
export interface Meeting {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly hello: string;
  readonly welcome: string;
}

export type News = { readonly lost: number } | { readonly unwatched: readonly number[] };
export type Tell = (news: News) => void;

/** Ticks without a sign of life after which a process is lost. Own ticks: time in which this process was stopped itself does not count. */
export const MOST_MISSED = 5;
const MOST_ADDRESSES = 32;
const BEAT = '.';
const BYE = 'bye';
const LOST = 'lost ';
/** For a connection and its first answer. */
const CONNECT_MS = 5000;
/** After this time rank 0 reports who has not connected. */
const COME_MS = 30_000;

/** Rank 0. */
export class Hub {
  private readonly lines = new Map<number, Line>();
  private readonly known = new Set<number>();
  private readonly timers: NodeJS.Timeout[];

  private constructor(
    private readonly server: Server,
    readonly meeting: Meeting,
    private readonly size: number,
    tickMs: number,
    private readonly tell: Tell,
    comeMs: number,
  ) {
    this.timers = [setInterval(() => this.tick(), tickMs), setTimeout(() => this.callRoll(), comeMs)];
  }

  static async open(size: number, tickMs: number, tell: Tell, comeMs = COME_MS): Promise<Hub> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const word = (): string => randomBytes(16).toString('hex');
    const hub = new Hub(
      server,
      { port, addresses: ownAddresses(), hello: word(), welcome: word() },
      size,
      tickMs,
      tell,
      comeMs,
    );
    server.on('connection', (socket) => hub.greet(socket));
    server.on('error', () => undefined); // open connections stay open
    return hub;
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.server.close();
    for (const line of this.lines.values()) line.end(BYE);
    this.lines.clear();
  }

  private greet(socket: Socket): void {
    const { hello, welcome } = this.meeting;
    let rank: number | undefined;
    const line = new Line(socket, {
      onLine: (text) => {
        if (rank !== undefined) {
          if (text === BYE) this.lines.delete(rank);
          return;
        }
        const [word, number] = text.split(' ');
        if (word !== hello || !/^\d+$/.test(number) || Number(number) >= this.size) return line.drop();
        rank = Number(number);
        this.lines.set(rank, line);
        this.known.add(rank);
        line.say(welcome);
      },
      onClose: () => {
        if (rank !== undefined && this.lines.get(rank) === line) this.lose(rank);
      },
    });
    setTimeout(() => rank === undefined && line.drop(), CONNECT_MS).unref();
  }

  private tick(): void {
    for (const [rank, line] of this.lines) {
      line.say(BEAT);
      if (++line.missed > MOST_MISSED) this.lose(rank);
    }
  }

  private lose(rank: number): void {
    const line = this.lines.get(rank);
    this.lines.delete(rank);
    line?.drop();
    for (const other of this.lines.values()) other.say(`${LOST}${rank}`);
    this.tell({ lost: rank });
  }

  private callRoll(): void {
    const unwatched = othersOf(this.size).filter((rank) => !this.known.has(rank));
    if (unwatched.length > 0) this.tell({ unwatched });
  }
}

/** Any other rank. Without a connection to rank 0 it is not watched, and rank 0 says so. */
export class Spoke {
  private done = false;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly line: Line,
    tickMs: number,
    private readonly tell: Tell,
  ) {
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  static async open(meeting: Meeting, rank: number, tickMs: number, tell: Tell): Promise<Spoke | undefined> {
    for (const address of meeting.addresses) {
      const reached = await Spoke.reach(address, meeting, rank, tickMs, tell);
      if (reached) return reached;
    }
    return undefined;
  }

  private static reach(
    host: string,
    { port, hello, welcome }: Meeting,
    rank: number,
    tickMs: number,
    tell: Tell,
  ): Promise<Spoke | undefined> {
    return new Promise((resolve) => {
      let spoke: Spoke | undefined;
      const socket = connect({ host, port });
      const line = new Line(socket, {
        onLine: (text) => {
          if (spoke) return spoke.hear(text);
          // another program may listen there: the address of a bridge exists on every host
          if (text !== welcome) return line.drop();
          spoke = new Spoke(line, tickMs, tell);
          resolve(spoke);
        },
        onClose: () => (spoke ? spoke.lose(0) : resolve(undefined)),
      });
      socket.once('connect', () => line.say(`${hello} ${rank}`));
      setTimeout(() => spoke ?? line.drop(), CONNECT_MS).unref();
    });
  }

  stop(): void {
    this.finish();
    this.line.end(BYE);
  }

  private hear(text: string): void {
    if (text === BYE) this.finish();
    if (text.startsWith(LOST)) this.lose(Number(text.slice(LOST.length)));
  }

  private tick(): void {
    this.line.say(BEAT);
    if (++this.line.missed > MOST_MISSED) this.lose(0);
  }

  private lose(rank: number): void {
    if (this.done) return;
    this.finish();
    this.tell({ lost: rank });
  }

  private finish(): void {
    this.done = true;
    clearInterval(this.timer);
  }
}

/** All ranks but 0. */
export const othersOf = (size: number): number[] => Array.from({ length: size - 1 }, (_, index) => index + 1);

/** Addresses at which other hosts may reach this one, and the loopback for processes on this host. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return [...outside.filter(({ family }) => family === 'IPv4'), ...outside.filter(({ family }) => family !== 'IPv4')]
    .slice(0, MOST_ADDRESSES)
    .map(({ address }) => address)
    .concat('127.0.0.1');
}
