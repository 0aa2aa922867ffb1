// A rank that does what the test tells it: started by mpirun, connected to the test by a socket, with a line of JSON per call.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { createRunContainer, pluginContext } from '@facewright/core';
import { mpi } from '@facewright/cluster-mpi';

const [port, options] = process.argv.slice(2);
const TYPES = { Float32Array, Float64Array, Int32Array };

const provider = await mpi(JSON.parse(options ?? '{}')).create(pluginContext(createRunContainer(), 'test'));
const cluster = await provider.open();
const socket = connect(Number(port), '127.0.0.1');
const say = (message) => socket.write(`${JSON.stringify(message)}\n`);
const { rank, size, device, ordered } = cluster;
say({ rank, size, device, ordered, pid: process.pid, probed: await provider.probe() });

/** Too long to be sent to the test and back. */
async function long(length) {
  const values = new Float32Array(length).fill(rank + 1);
  const expectSum = (factor) => {
    const sum = (factor * (size * (size + 1))) / 2;
    const wrong = values.findIndex((value) => value !== sum);
    if (wrong >= 0) throw new Error(`number ${wrong} is ${values[wrong]}, not ${sum}`);
  };
  await cluster.allReduce(values);
  expectSum(1);
  await cluster.allReduce(values, { ordered: true });
  expectSum(size);
}

/** Keeps the main thread busy for so many milliseconds. */
async function compute(milliseconds) {
  for (const end = Date.now() + milliseconds; Date.now() < end;);
}

async function call({ id, name, type, data, rest }) {
  const bytes = data === undefined ? undefined : Buffer.from(data, 'base64');
  const values = bytes && new TYPES[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  try {
    const own = { long, compute }[name];
    if (own) await own(...rest);
    else await cluster[name](...(values ? [values] : []), ...rest);
    say({ id, ...(values && { data: Buffer.from(values.buffer).toString('base64') }) });
  } catch (error) {
    say({ id, error: error.message });
  }
}

createInterface({ input: socket }).on('line', (line) => void call(JSON.parse(line)));
socket.on('close', () => cluster.close());
