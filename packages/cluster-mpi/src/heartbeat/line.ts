/** A connection between two processes, on which both send short lines. */
import type { Socket } from 'node:net';

/** No line of ours is longer; another program may send anything. */
const LONGEST = 512;

export interface LineEvents {
  onLine(text: string): void;
  /** Also after an error, and after `end`. */
  onClose(): void;
}

export class Line {
  /** Ticks since the other side has said anything. */
  missed = 0;
  private rest = '';

  constructor(
    private readonly socket: Socket,
    { onLine, onClose }: LineEvents,
  ) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy()); // `close` follows
    socket.on('close', onClose);
    socket.on('data', (text: string) => {
      this.missed = 0;
      const lines = (this.rest + text).split('\n');
      this.rest = lines.pop()!;
      if (this.rest.length > LONGEST) socket.destroy();
      for (const line of lines) if (!socket.destroyed) onLine(line);
    });
  }

  say(text: string): void {
    if (this.socket.writable) this.socket.write(`${text}\n`);
  }

  /** Closes once everything said has been sent. */
  end(text: string): void {
    if (this.socket.writable) this.socket.end(`${text}\n`);
  }

  drop(): void {
    this.socket.destroy();
  }
}
