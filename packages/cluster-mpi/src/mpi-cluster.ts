/**
 * The cluster on MPI. Calls run one after the other, outside the main thread. Before each, the processes exchange
 * headers; see header.ts.
 */
import { FacewrightError, messageOf, type Cluster, type ClusterArray, type Emit } from '@facewright/core';
import { hostname } from 'node:os';
import { MpiError, type MpiCalls } from './calls.js';
import { datatypeOf } from './flavours.js';
import type { News } from './heartbeat/beats.js';
import { Heartbeat } from './heartbeat/heartbeat.js';
import { headerOf, judge, WIDTH, type Header } from './header.js';
import { addInOrder, inPieces } from './pieces.js';

export interface MpiClusterOptions {
  readonly ordered: boolean;
  /** Seconds that a call may take, which includes waiting for the other processes. */
  readonly timeout: number;
  /** Seconds without a sign of life after which a process is lost; 0: none is watched. */
  readonly heartbeat: number;
  readonly emit?: Emit;
}

const HOST_BYTES = 64;
/** For the error to be written before the process is killed. */
const LAST_WORDS_MS = 1000;

export class MpiCluster implements Cluster {
  readonly rank: number;
  readonly size: number;
  readonly device: string;
  readonly ordered: boolean;
  private hosts: readonly string[] = [];
  /** Settles once the calls so far have. */
  private tail: Promise<unknown> = Promise.resolve();
  private failure: Error | undefined;
  /** A call may never return, because a process is gone: nothing can be called any more. */
  private stuck = false;
  private closed = false;
  private busy = false;
  private heartbeat: Heartbeat | undefined;
  /** Rank 0 knows of the failure, and reports it to the user. */
  private firstKnows = false;
  /** Ends the call in progress. */
  private interrupt: ((error: Error) => void) | undefined;

  private constructor(
    private readonly mpi: MpiCalls,
    private readonly options: MpiClusterOptions,
  ) {
    const { rank, size, version } = mpi;
    [this.rank, this.size, this.ordered] = [rank, size, options.ordered];
    this.device = `${version}, rank ${rank} of ${size}`;
    process.on('exit', this.onExit);
  }

  static async join(mpi: MpiCalls, options: MpiClusterOptions): Promise<MpiCluster> {
    const cluster = new MpiCluster(mpi, options);
    await cluster.exchangeHosts();
    await cluster.watch();
    return cluster;
  }

  allReduce(values: ClusterArray, { ordered = false } = {}): Promise<void> {
    return this.inTurn({ call: ordered ? 'ordered allReduce' : 'allReduce', values }, async () => {
      const type = datatypeOf(values, this.mpi.flavour);
      for (const piece of inPieces(values))
        if (ordered) await addInOrder(piece, type, this.mpi);
        else await this.mpi.allReduce(piece, type);
    });
  }

  broadcast(values: ClusterArray, root = 0): Promise<void> {
    if (!Number.isInteger(root) || root < 0 || root >= this.size)
      return Promise.reject(new RangeError(`there is no rank ${root}: there are ${this.size}`));
    return this.inTurn({ call: 'broadcast', values, root }, async () => {
      const type = datatypeOf(values, this.mpi.flavour);
      for (const piece of inPieces(values)) await this.mpi.broadcast(piece, type, root);
    });
  }

  barrier(): Promise<void> {
    // exchanging the headers waits for everyone
    return this.inTurn({ call: 'barrier' }, async () => {});
  }

  async abort(reason: string): Promise<void> {
    await this.tail;
    if (this.stuck && !this.firstKnows) throw this.failure;
    if (this.failure || this.closed) return;
    const bytes = new TextEncoder().encode(reason);
    await this.inTurn({ call: 'abort', reason: bytes.length }, async () => {}, bytes).catch(() => undefined);
    if (this.stuck) throw this.failure;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    if (!this.failure) await this.inTurn({ call: 'close' }, async () => {}).catch(() => undefined);
    else await this.tail;
    this.closed = true;
    process.off('exit', this.onExit);
    if (this.stuck) return this.killAll();
    await this.heartbeat?.stop();
    this.mpi.finalize();
  }

  /** After the calls before it. `reason`: with `abort`. */
  private inTurn(header: Header, work: () => Promise<void>, reason?: Uint8Array): Promise<void> {
    const turn = this.tail.then(async () => {
      if (this.failure) throw this.failure;
      if (this.closed) throw new Error('this process has left the cluster');
      await this.limited(async () => {
        await this.agree(header, reason);
        await work();
      });
    });
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Throws on every rank alike if one has failed, or the calls do not fit together. */
  private async agree(header: Header, reason: Uint8Array = new Uint8Array()): Promise<void> {
    const { mpi, size, rank } = this;
    const all = new Float64Array(WIDTH * size);
    await mpi.allGather(headerOf(header), all, WIDTH, mpi.flavour.double);
    const verdict = judge(all);
    if ('fits' in verdict) return;
    if ('differ' in verdict)
      throw new FacewrightError({
        what: `The processes do not make the same calls: ${verdict.differ}.`,
        where: 'the cluster',
        todo: 'Start all of them with the same command, config, data and version of facewright.',
      });
    const { failed, bytes } = verdict;
    const text = failed === rank ? reason : new Uint8Array(bytes);
    if (bytes > 0) await mpi.broadcast(text, mpi.flavour.byte, failed);
    throw new FacewrightError({
      what: `${this.nameOf(failed)} failed, which ends all ${size} processes: ${new TextDecoder().decode(text)}`,
      where: 'the cluster',
      todo: 'Mend that, and go on from the last checkpoint with --resume.',
    });
  }

  /** Runs calls; what they throw ends the cluster. */
  private async limited(calls: () => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      this.interrupt = reject;
      timer = setTimeout(() => {
        this.stuck = true;
        reject(this.silence());
      }, this.options.timeout * 1000);
    });
    this.busy = true;
    try {
      await Promise.race([calls(), limit]);
      this.busy = false;
    } catch (error) {
      if (error instanceof MpiError) this.stuck = true;
      else if (!this.stuck) this.busy = false;
      this.failure = error instanceof MpiError ? this.broken(error) : (error as Error);
      throw this.failure;
    } finally {
      clearTimeout(timer);
      this.interrupt = undefined;
    }
  }

  private silence(): FacewrightError {
    const { timeout } = this.options;
    return new FacewrightError({
      what: `${this.nameOf(this.rank)} has waited ${timeout} s for the other processes. One of them, or its host, is gone or hangs.`,
      where: 'the cluster',
      todo: `Look at the others, and go on from the last checkpoint with --resume. If they only take longer, raise the limit: cluster: { name: "mpi", timeout: ${timeout * 4} }.`,
    });
  }

  private broken(cause: MpiError): FacewrightError {
    return new FacewrightError({
      what: `The connection to the other processes is lost; one of them, or its host, is probably gone. ${messageOf(cause)}`,
      where: this.nameOf(this.rank),
      todo: 'Go on from the last checkpoint with --resume.',
      cause,
    });
  }

  private async watch(): Promise<void> {
    const { mpi, size } = this;
    const { heartbeat } = this.options;
    if (size === 1 || heartbeat === 0) return;
    await this.limited(async () => {
      this.heartbeat = await Heartbeat.start(mpi, heartbeat, (news) => this.hear(news));
    });
  }

  private hear(news: News): void {
    if (this.closed || this.failure) return;
    if ('lost' in news) {
      this.stuck = true;
      this.firstKnows = this.rank > 0 && news.lost !== 0;
      this.failure = new FacewrightError({
        what: `${this.nameOf(news.lost)} is gone: it ended, or nothing was heard of it for ${this.options.heartbeat} s.`,
        where: 'the cluster',
        todo: 'Look at that host, and go on from the last checkpoint with --resume.',
      });
      this.interrupt?.(this.failure);
      return;
    }
    this.options.emit?.('notice', {
      level: 'warning',
      message: `Rank ${news.unwatched.join(', ')} cannot be watched: there is no TCP connection to ${this.nameOf(0)}. If a host is lost, the training ends only after ${this.options.timeout} s.`,
      todo: 'Let the hosts connect to each other on any port, or choose heartbeat: 0, and a shorter timeout.',
    });
  }

  private nameOf(rank: number): string {
    return `Rank ${rank}${this.hosts[rank] ? ` on ${this.hosts[rank]}` : ''}`;
  }

  private async exchangeHosts(): Promise<void> {
    const { mpi, size } = this;
    const [own, all] = [new Uint8Array(HOST_BYTES), new Uint8Array(HOST_BYTES * size)];
    new TextEncoder().encodeInto(hostname(), own);
    await this.limited(() => mpi.allGather(own, all, HOST_BYTES, mpi.flavour.byte));
    this.hosts = Array.from({ length: size }, (_, rank) =>
      new TextDecoder().decode(all.subarray(rank * HOST_BYTES, (rank + 1) * HOST_BYTES)).replaceAll('\0', ''),
    );
  }

  /** A thread that never returns would keep the process from ending, and the launcher from ending the others. */
  private killAll(): void {
    setTimeout(() => {
      void this.mpi.abort(1).catch(() => undefined);
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS);
    }, LAST_WORDS_MS);
  }

  private readonly onExit = (): void => {
    if (this.busy) process.kill(process.pid, 'SIGKILL');
  };
}
