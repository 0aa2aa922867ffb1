/**
 * Writes a StableHLO program as text, one op per line (https://openxla.org/stablehlo/spec). The same op on the same
 * operands is written once, so forward and backward pass already share work in the text.
 */
import type { ElementType } from '../pjrt/abi.js';
import { shardyConstraint } from '../run/sharding.js';
import { denseText, isFloat, literal, typeOf, type Hlo } from './value.js';

type Shape = readonly number[];
type Spec = Pick<Hlo, 'shape' | 'type'>;

export interface Argument {
  readonly value: Hlo;
  /** E.g. `tf.aliasing_output = 0 : i32`. */
  readonly attributes: readonly string[];
}

/** The window of a convolution over two axes. */
export interface Window {
  readonly stride?: readonly number[];
  readonly pad: readonly (readonly [before: number, after: number])[];
  /** Dilation of the input: a stride's counterpart in the gradient. */
  readonly inputDilation?: readonly number[];
  readonly kernelDilation?: readonly number[];
  readonly featureGroups?: number;
  readonly batchGroups?: number;
}

export interface DotAxes {
  readonly batch?: readonly [Shape, Shape];
  readonly contract: readonly [Shape, Shape];
}

const INDENT = '    ';
const list = (numbers: readonly (number | string)[]): string => `[${numbers.join(', ')}]`;
const array = (numbers: Shape): string => `array<i64: ${numbers.join(', ')}>`;

export class Builder {
  readonly arguments: Argument[] = [];
  private readonly lines: string[] = [];
  private readonly known = new Map<string, Hlo[]>();
  private pendingComment: string | undefined;
  private count = 0;

  argument(name: string, spec: Spec, attributes: readonly string[] = []): Hlo {
    const value = { ...spec, name: `%${name.replace(/[^\w.$-]/g, '.')}` };
    this.arguments.push({ value, attributes });
    return value;
  }

  /** Written above the next op, if there is one. */
  comment(text: string): void {
    this.pendingComment = text;
  }

  /** An op with one result; `text` is everything after the equals sign. */
  op(text: string, spec: Spec): Hlo {
    return this.ops(text, [spec])[0];
  }

  /** An op with several results. */
  ops(text: string, specs: readonly Spec[]): Hlo[] {
    const known = this.known.get(text);
    if (known) return known;
    if (this.pendingComment !== undefined) this.lines.push(`${INDENT}// ${this.pendingComment}`);
    this.pendingComment = undefined;
    const name = `%${this.count++}`;
    const values = specs.map(({ shape, type }, i) => ({ name: specs.length > 1 ? `${name}#${i}` : name, shape, type }));
    this.lines.push(`${INDENT}${name}${specs.length > 1 ? `:${specs.length}` : ''} = ${text}`);
    this.known.set(text, values);
    return values;
  }

  /** The program; `results` have attributes such as shardings. */
  print(name: string, results: readonly Argument[], { module = '', header = '' } = {}): string {
    const attributed = (list: readonly string[]): string => (list.length ? ` {${list.join(', ')}}` : '');
    const inputs = this.arguments.map(
      ({ value, attributes }) => `${INDENT}${value.name}: ${typeOf(value)}${attributed(attributes)}`,
    );
    const outputs = results.map(({ value, attributes }) => `${INDENT}${typeOf(value)}${attributed(attributes)}`);
    const values = results.map(({ value }) => value);
    return [
      `module @${name.replace(/\W/g, '_')} ${module ? `attributes {${module}} ` : ''}{`,
      ...(header ? [`  ${header}`] : []),
      `  func.func public @main(`,
      inputs.join(',\n'),
      '  ) -> (',
      outputs.join(',\n'),
      '  ) {',
      ...this.lines,
      `${INDENT}return ${values.map((value) => value.name).join(', ')} : ${values.map(typeOf).join(', ')}`,
      '  }',
      '}',
      '',
    ].join('\n');
  }

  // --- creation ---

  /** The same number everywhere. */
  filled(value: number, shape: Shape = [], type: ElementType = 'f32'): Hlo {
    const spec = { shape, type };
    return this.op(`stablehlo.constant dense<${literal(value, type)}> : ${typeOf(spec)}`, spec);
  }

  constant(data: Float32Array | Int32Array | Uint8Array, shape: Shape, type: ElementType): Hlo {
    // MLIR's bytes pack eight booleans each, so booleans are written as bytes and compared with 0
    if (type === 'i1') return this.compare('NE', this.constant(data, shape, 'ui8'), this.filled(0, shape, 'ui8'));
    const spec = { shape, type };
    return this.op(`stablehlo.constant dense<${denseText(data, shape, type)}> : ${typeOf(spec)}`, spec);
  }

  /** 0, 1, 2, … along one axis. */
  iota(shape: Shape, axis: number, type: ElementType = 'i32'): Hlo {
    const spec = { shape, type };
    return this.op(`stablehlo.iota dim = ${axis} : ${typeOf(spec)}`, spec);
  }

  // --- elementwise ---

  unary(name: string, x: Hlo): Hlo {
    const dialect = name.includes('.') ? name : `stablehlo.${name}`;
    const type = dialect.startsWith('chlo') ? `${typeOf(x)} -> ${typeOf(x)}` : typeOf(x);
    return this.op(`${dialect} ${x.name} : ${type}`, x);
  }

  /** Operands of the same shape and type. */
  binary(name: string, a: Hlo, b: Hlo): Hlo {
    if (typeOf(a) !== typeOf(b)) throw new Error(`${name} of ${typeOf(a)} and ${typeOf(b)}`);
    return this.op(`stablehlo.${name} ${a.name}, ${b.name} : ${typeOf(a)}`, a);
  }

  add = (a: Hlo, b: Hlo): Hlo => this.binary('add', a, b);
  subtract = (a: Hlo, b: Hlo): Hlo => this.binary('subtract', a, b);
  multiply = (a: Hlo, b: Hlo): Hlo => this.binary('multiply', a, b);
  divide = (a: Hlo, b: Hlo): Hlo => this.binary('divide', a, b);
  maximum = (a: Hlo, b: Hlo): Hlo => this.binary('maximum', a, b);
  minimum = (a: Hlo, b: Hlo): Hlo => this.binary('minimum', a, b);
  /** Multiplies by a number. */
  scale = (x: Hlo, by: number): Hlo => this.multiply(x, this.like(by, x));
  /** The number in x's shape and type. */
  like = (value: number, { shape, type }: Spec): Hlo => this.filled(value, shape, type);

  compare(direction: 'EQ' | 'NE' | 'GT' | 'GE' | 'LT' | 'LE', a: Hlo, b: Hlo): Hlo {
    if (typeOf(a) !== typeOf(b)) throw new Error(`compare of ${typeOf(a)} and ${typeOf(b)}`);
    const spec = { shape: a.shape, type: 'i1' as const };
    return this.op(
      `stablehlo.compare ${direction}, ${a.name}, ${b.name} : (${typeOf(a)}, ${typeOf(b)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  select(condition: Hlo, yes: Hlo, no: Hlo): Hlo {
    if (typeOf(yes) !== typeOf(no)) throw new Error(`select of ${typeOf(yes)} and ${typeOf(no)}`);
    return this.op(
      `stablehlo.select ${condition.name}, ${yes.name}, ${no.name} : ${typeOf(condition)}, ${typeOf(yes)}`,
      yes,
    );
  }

  /** Floats are truncated to integers; anything but zero is true. */
  convert(x: Hlo, type: ElementType): Hlo {
    if (x.type === type) return x;
    if (type === 'i1') return this.compare('NE', x, this.like(0, x));
    const spec = { shape: x.shape, type };
    return this.op(`stablehlo.convert ${x.name} : (${typeOf(x)}) -> ${typeOf(spec)}`, spec);
  }

  // --- shapes ---

  reshape(x: Hlo, shape: Shape): Hlo {
    if (x.shape.join() === shape.join()) return x;
    const spec = { shape, type: x.type };
    return this.op(`stablehlo.reshape ${x.name} : (${typeOf(x)}) -> ${typeOf(spec)}`, spec);
  }

  /** Axis i of x becomes axis `axes[i]`; axes of length 1 are repeated. */
  broadcast(x: Hlo, shape: Shape, axes: Shape): Hlo {
    if (x.shape.join() === shape.join()) return x;
    const spec = { shape, type: x.type };
    return this.op(
      `stablehlo.broadcast_in_dim ${x.name}, dims = ${list(axes)} : (${typeOf(x)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  /** Broadcasts like numpy, starting at the last axis. */
  spread(x: Hlo, shape: Shape): Hlo {
    return this.broadcast(
      x,
      shape,
      x.shape.map((_, i) => shape.length - x.shape.length + i),
    );
  }

  transpose(x: Hlo, order: Shape): Hlo {
    if (order.every((axis, i) => axis === i)) return x;
    const spec = { shape: order.map((axis) => x.shape[axis]), type: x.type };
    return this.op(`stablehlo.transpose ${x.name}, dims = ${list(order)} : (${typeOf(x)}) -> ${typeOf(spec)}`, spec);
  }

  slice(x: Hlo, begin: Shape, end: Shape, strides: Shape = begin.map(() => 1)): Hlo {
    const spec = { shape: begin.map((from, i) => Math.ceil((end[i] - from) / strides[i])), type: x.type };
    if (spec.shape.join() === x.shape.join() && begin.every((from) => from === 0)) return x;
    const ranges = begin.map((from, i) => `${from}:${end[i]}${strides[i] === 1 ? '' : `:${strides[i]}`}`);
    return this.op(`stablehlo.slice ${x.name} ${list(ranges)} : (${typeOf(x)}) -> ${typeOf(spec)}`, spec);
  }

  pad(x: Hlo, value: number, before: Shape, after: Shape): Hlo {
    const spec = { shape: x.shape.map((length, i) => length + before[i] + after[i]), type: x.type };
    const outside = this.filled(value, [], x.type);
    const between = x.shape.map(() => 0);
    return this.op(
      `stablehlo.pad ${x.name}, ${outside.name}, low = ${list(before)}, high = ${list(after)}, interior = ${list(between)} : (${typeOf(x)}, ${typeOf(outside)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  concatenate(parts: readonly Hlo[], axis: number): Hlo {
    if (parts.length === 1) return parts[0];
    const [{ shape, type }] = parts;
    const total = parts.reduce((sum, part) => sum + part.shape[axis], 0);
    const spec = { shape: shape.map((length, i) => (i === axis ? total : length)), type };
    return this.op(
      `stablehlo.concatenate ${parts.map(({ name }) => name).join(', ')}, dim = ${axis} : (${parts.map(typeOf).join(', ')}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  reverse(x: Hlo, axes: Shape): Hlo {
    if (axes.every((axis) => x.shape[axis] === 1)) return x;
    return this.op(`stablehlo.reverse ${x.name}, dims = ${list(axes)} : ${typeOf(x)}`, x);
  }

  // --- reductions and products ---

  /** Reduces the axes. `start` is the op's neutral element. */
  reduce(op: 'add' | 'multiply' | 'maximum' | 'minimum' | 'and' | 'or', x: Hlo, axes: Shape, start: number): Hlo {
    if (axes.length === 0) return x;
    const from = this.filled(start, [], x.type);
    const spec = { shape: x.shape.filter((_, i) => !axes.includes(i)), type: x.type };
    return this.op(
      `stablehlo.reduce(${x.name} init: ${from.name}) applies stablehlo.${op} across dimensions = ${list(axes)} : (${typeOf(x)}, ${typeOf(from)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  /** Sums several tensors of one shape in one pass. */
  sums(list: readonly Hlo[], axes: Shape): Hlo[] {
    const [{ shape, type }] = list;
    const zero = this.filled(0, [], type);
    const spec = { shape: shape.filter((_, i) => !axes.includes(i)), type };
    const scalar = typeOf(zero);
    const parameters = [
      ...list.map((_, i) => `%left.${i}: ${scalar}`),
      ...list.map((_, i) => `%right.${i}: ${scalar}`),
    ];
    const sums = list.map((_, i) => `%sum.${i} = stablehlo.add %left.${i}, %right.${i} : ${scalar}`);
    const types = list.map(() => scalar).join(', ');
    const body = region(parameters, [
      ...sums,
      `stablehlo.return ${list.map((_, i) => `%sum.${i}`).join(', ')} : ${types}`,
    ]);
    const operands = [...list.map(({ name }) => name), ...list.map(() => zero.name)].join(', ');
    return this.ops(
      `"stablehlo.reduce"(${operands}) <{dimensions = ${array(axes)}}> (${body}) : (${[...list.map(typeOf), ...list.map(() => scalar)].join(', ')}) -> (${list.map(() => typeOf(spec)).join(', ')})`,
      list.map(() => spec),
    );
  }

  sum = (x: Hlo, axes: Shape): Hlo => this.reduce('add', x, axes, 0);
  max = (x: Hlo, axes: Shape): Hlo => this.reduce('maximum', x, axes, isFloat(x.type) ? -Infinity : -(2 ** 31));
  min = (x: Hlo, axes: Shape): Hlo => this.reduce('minimum', x, axes, isFloat(x.type) ? Infinity : 2 ** 31 - 1);

  /** Axes of the result: the batch's, then a's remaining ones, then b's. */
  dot(a: Hlo, b: Hlo, { batch = [[], []], contract }: DotAxes): Hlo {
    const left = ({ shape }: Hlo, side: 0 | 1): number[] =>
      shape.filter((_, i) => !batch[side].includes(i) && !contract[side].includes(i));
    const spec = { shape: [...batch[0].map((axis) => a.shape[axis]), ...left(a, 0), ...left(b, 1)], type: a.type };
    const batching = batch[0].length ? `batching_dims = ${list(batch[0])} x ${list(batch[1])}, ` : '';
    return this.op(
      `stablehlo.dot_general ${a.name}, ${b.name}, ${batching}contracting_dims = ${list(contract[0])} x ${list(contract[1])} : (${typeOf(a)}, ${typeOf(b)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  /** `axes` in StableHLO notation, e.g. `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`. */
  convolution(x: Hlo, kernel: Hlo, shape: Shape, axes: string, window: Window): Hlo {
    const {
      stride = [1, 1],
      pad,
      inputDilation = [1, 1],
      kernelDilation = [1, 1],
      featureGroups = 1,
      batchGroups = 1,
    } = window;
    const spec = { shape, type: x.type };
    return this.op(
      `stablehlo.convolution(${x.name}, ${kernel.name}) dim_numbers = ${axes}, window = {stride = ${list(stride)}, pad = ${list(pad.map(list))}, lhs_dilate = ${list(inputDilation)}, rhs_dilate = ${list(kernelDilation)}} {batch_group_count = ${batchGroups} : i64, feature_group_count = ${featureGroups} : i64} : (${typeOf(x)}, ${typeOf(kernel)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  /** Reduces over windows of an image batch. */
  reduceWindow(op: 'add' | 'maximum', x: Hlo, shape: Shape, { window, strides, pad }: PoolWindow, start: number): Hlo {
    const from = this.filled(start, [], x.type);
    const spec = { shape, type: x.type };
    const scalar = typeOf(from);
    return this.op(
      `"stablehlo.reduce_window"(${x.name}, ${from.name}) <{padding = ${padding(pad)}, window_dimensions = ${array(window)}, window_strides = ${array(strides)}}> (${combining(op, scalar)}) : (${typeOf(x)}, ${scalar}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  /** The gradient of each window's maximum: `dy` goes to its first position. */
  selectAndScatter(x: Hlo, dy: Hlo, { window, strides, pad }: PoolWindow): Hlo {
    const zero = this.filled(0, [], x.type);
    const scalar = typeOf(zero);
    const choosing = region(
      [`%left: ${scalar}`, `%right: ${scalar}`],
      [
        `%chosen = stablehlo.compare GE, %left, %right : (${scalar}, ${scalar}) -> tensor<i1>`,
        'stablehlo.return %chosen : tensor<i1>',
      ],
    );
    return this.op(
      `"stablehlo.select_and_scatter"(${x.name}, ${dy.name}, ${zero.name}) <{padding = ${padding(pad)}, window_dimensions = ${array(window)}, window_strides = ${array(strides)}}> (${choosing}, ${combining('add', scalar)}) : (${typeOf(x)}, ${typeOf(dy)}, ${scalar}) -> ${typeOf(x)}`,
      x,
    );
  }

  // --- gather and scatter ---

  /** `numbers` is the inside of `#stablehlo.gather<…>`. */
  gather(x: Hlo, indices: Hlo, numbers: string, sizes: Shape, shape: Shape): Hlo {
    const spec = { shape, type: x.type };
    return this.op(
      `"stablehlo.gather"(${x.name}, ${indices.name}) <{dimension_numbers = #stablehlo.gather<${numbers}>, indices_are_sorted = false, slice_sizes = ${array(sizes)}}> : (${typeOf(x)}, ${typeOf(indices)}) -> ${typeOf(spec)}`,
      spec,
    );
  }

  /** `numbers` is the inside of `#stablehlo.scatter<…>`. */
  scatter(op: 'add' | 'replace', x: Hlo, indices: Hlo, updates: Hlo, numbers: string): Hlo {
    const scalar = typeOf({ shape: [], type: x.type });
    const body =
      op === 'add'
        ? combining('add', scalar)
        : region([`%left: ${scalar}`, `%right: ${scalar}`], [`stablehlo.return %right : ${scalar}`]);
    return this.op(
      `"stablehlo.scatter"(${x.name}, ${indices.name}, ${updates.name}) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<${numbers}>, unique_indices = false}> (${body}) : (${typeOf(x)}, ${typeOf(indices)}, ${typeOf(updates)}) -> ${typeOf(x)}`,
      x,
    );
  }

  /** The largest along the last axis in decreasing order, and their positions. */
  topK(x: Hlo, k: number): [values: Hlo, places: Hlo] {
    const shape = [...x.shape.slice(0, -1), k];
    const specs = [
      { shape, type: x.type },
      { shape, type: 'i32' as const },
    ];
    const [values, places] = this.ops(
      `chlo.top_k(${x.name}, k = ${k}) : ${typeOf(x)} -> (${specs.map(typeOf).join(', ')})`,
      specs,
    );
    return [values, places];
  }

  /** `x` sharded over the devices along the axis. */
  divided(x: Hlo, axis: number): Hlo {
    return this.op(`sdy.sharding_constraint ${x.name} ${shardyConstraint(x.shape, axis)} : ${typeOf(x)}`, x);
  }

  /** `x`, but not before `control` is available. */
  after(x: Hlo, control: Hlo): Hlo {
    return this.ops(`stablehlo.optimization_barrier ${x.name}, ${control.name} : ${typeOf(x)}, ${typeOf(control)}`, [
      x,
      control,
    ])[0];
  }
}

/** For pooling: one entry per axis. */
export interface PoolWindow {
  readonly window: Shape;
  readonly strides: Shape;
  readonly pad: readonly (readonly [before: number, after: number])[];
}

const padding = (pad: PoolWindow['pad']): string => `dense<${list(pad.map(list))}> : tensor<${pad.length}x2xi64>`;

const region = (parameters: readonly string[], lines: readonly string[]): string =>
  [`{`, `${INDENT}^bb0(${parameters.join(', ')}):`, ...lines.map((line) => `${INDENT}  ${line}`), `${INDENT}}`].join(
    '\n',
  );

const combining = (op: string, scalar: string): string =>
  region(
    [`%left: ${scalar}`, `%right: ${scalar}`],
    [`%both = stablehlo.${op} %left, %right : ${scalar}`, `stablehlo.return %both : ${scalar}`],
  );
