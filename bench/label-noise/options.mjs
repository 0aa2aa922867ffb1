// Options of a training on LFW's people.
export const OPTIONS = {
  loss: { type: 'string', default: '[{"name":"softmax"},{"name":"arcface","s":32,"m":0.4}]' },
  flipped: { type: 'string', default: '0' },
  seed: { type: 'string', default: '1' },
  size: { type: 'string', default: '64' },
  width: { type: 'string', default: '0.5' },
  batch: { type: 'string', default: '64' },
  epochs: { type: 'string', default: '8' },
  threads: { type: 'string', default: '2' },
  images: { type: 'string' },
  pairs: { type: 'string' },
  out: { type: 'string' },
};
