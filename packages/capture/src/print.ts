/** A graph as text, one node per line: `%12: float32[8,112,112,64] = Conv2D(x: %3, filter: %4) {strides: [2,2]}`. */
import { sizeOf, type ConstantData, type Graph, type NamedValue, type Value } from './graph.js';

export function printGraph(graph: Graph): string {
  const type = ({ dtype, shape }: Value): string => `${dtype}[${shape.join(',')}]`;
  const names = (kind: string, list: readonly NamedValue[]): string[] =>
    list.map(({ name, value }) => `${kind} ${name} = %${value.id}: ${type(value)}`);
  return [
    `graph ${graph.name}`,
    ...names('state', graph.state),
    ...names('input', graph.inputs),
    ...[...graph.constants].map(
      ([value, data]) => `constant %${value.id}: ${type(value)} = ${preview(data, sizeOf(value))}`,
    ),
    ...graph.nodes.map((node) => {
      const inputs = node.inputs.map((input, i) => `${node.inputNames[i]}: %${input.id}`).join(', ');
      const attrs = Object.entries(node.attrs)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
      return `${node.outputs.map((output) => `%${output.id}: ${type(output)}`).join(', ')} = ${node.op}(${inputs})${attrs.length ? ` {${attrs.join(', ')}}` : ''}`;
    }),
    ...graph.newState.map(({ name, value }) => `new state ${name} = %${value.id}`),
    ...graph.outputs.map(({ name, value }) => `output ${name} = %${value.id}`),
    '',
  ].join('\n');
}

const SHOWN = 8;
const preview = (data: ConstantData, size: number): string =>
  `[${Array.from(data.slice(0, SHOWN), (value) => Number(value.toPrecision(6))).join(', ')}${size > SHOWN ? ', …' : ''}]`;
