/** Implements `facewright export`: writes a trained model as a file for other programs. */
import { join } from 'node:path';
import { createEventStream, parseRunConfig } from '@facewright/core';
import { loadModelFiles } from '@facewright/training';
import { backendFor, compose } from '@facewright/run';
import { builtins } from '../builtins.js';
import { exportModel } from '../export-model.js';
import { fitted } from '../fitted.js';
import { configOf } from '../config-of.js';
import { modelDirectory } from '../model-directory.js';
import { parityImages } from '../parity-images.js';
import { withSession } from '../session.js';
import type { ExportFormat } from '../export-card.js';
import type { CommonOptions } from '../options.js';

export interface ExportCommandOptions extends CommonOptions {
  readonly model: string;
  readonly format: ExportFormat;
  readonly out: string;
  readonly layout?: 'nchw' | 'nhwc';
  readonly prelu?: 'op' | 'convolutions';
  readonly images?: string;
  readonly count: number;
}

export default (options: ExportCommandOptions) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const { format } = options;
    const directory = modelDirectory(options.model);
    const files = await loadModelFiles(directory);
    const events = createEventStream();
    events.subscribe(onEvent);
    const { given, baseDirectory, where } = await configOf(options);
    const modelOf = { model: files.card.model, where: join(directory, 'model.json') };
    const scope = { builtins, events, signal, baseDirectory, where, plugins: [], modelOf };
    const config = parseRunConfig({ ...given, data: undefined }, where);
    const composition = await compose(config, await backendFor(config, scope), scope);
    try {
      const model = await composition.model.make();
      const comparison = await parityImages(directory, model.inputSize, options.count, options.images);
      const exported = await exportModel({
        files,
        model,
        engine: await composition.engine(),
        format,
        out: options.out,
        layout: options.layout,
        prelu: options.prelu,
        comparison,
      });
      const { parity } = exported.card.export;
      print(
        fitted(
          `agrees with ${parity.engine} on ${parity.images} images: cosine at least ${parity.minimumCosine.toFixed(8)}`,
        ),
      );
      print(exported.directory);
      return { json: exported };
    } finally {
      await composition.dispose();
    }
  });
