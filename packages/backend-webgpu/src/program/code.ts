/** Writes the body of a kernel: names values, computes each once, and collects the buffers it reads. */
import type { Code, Kind, Node } from './node.js';

export type { Code } from './node.js';

/** What the kernel may read from memory, and what it must compute itself. */
export interface Reading {
  isStored(node: Node): boolean;
}

/** Thrown if a kernel would read an element that another of its threads writes. */
export class Misaligned extends Error {}

export class CodeWriter implements Code {
  /** Read from memory, in order of first use. */
  readonly reads: Node[] = [];
  /** The indices at which each is read. */
  readonly readAt = new Map<Node, Set<string>>();
  private lines: string[] = [];
  private memo = new Map<string, string>();
  private count = 0;
  private readonly locals = new Map<Node, { readonly name: string; readonly index: string }>();

  constructor(private readonly reading: Reading) {}

  get text(): string {
    return this.lines.join('\n');
  }

  /** A name for the expression; equal expressions share a name. */
  let(expression: string): string {
    if (/^\w+$/.test(expression)) return expression; // a name or a number
    const known = this.memo.get(expression);
    if (known) return known;
    const name = this.fresh('v');
    this.lines.push(`let ${name} = ${expression};`);
    this.memo.set(expression, name);
    return name;
  }

  /** Declares that the expression has this value, so that it is not computed. */
  known(expression: string, name: string): void {
    this.memo.set(expression, name);
  }

  fresh(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** Lines in braces. Names created inside are forgotten afterwards. */
  block(head: string, body: () => void): void {
    this.lines.push(`${head} {`);
    const memo = this.memo;
    this.memo = new Map(memo);
    body();
    this.memo = memo;
    this.lines.push('}');
  }

  /** This thread's value of the node is in a variable, valid only for this index name. */
  define(node: Node, name: string, index: string): void {
    this.locals.set(node, { name, index });
  }

  /** The node's value at an index, which is the name of a u32 or a number like `0u`. */
  at(node: Node, index: string): string {
    const local = this.locals.get(node);
    if (local) {
      if (local.index !== index) throw new Misaligned();
      return local.name;
    }
    if (node.type === 'source' || this.reading.isStored(node)) {
      this.readAt.set(node, (this.readAt.get(node) ?? new Set()).add(index));
      return this.let(`${this.buffer(node)}[${index}]`);
    }
    if (node.type !== 'pointwise') throw new Error(`a ${node.type} is not stored`);
    return this.let(node.emit(this, index));
  }

  buffer(node: Node): string {
    let position = this.reads.indexOf(node);
    if (position < 0) position = this.reads.push(node) - 1;
    return `r${position}`;
  }
}

/** A float literal in WGSL, which has no notation for infinity. */
export function literal(value: number, kind: Kind = 'f32'): string {
  if (kind === 'i32') return `${Math.trunc(value)}i`;
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) throw new RangeError(`${value} cannot be written in WGSL`);
  const text = String(rounded);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}
