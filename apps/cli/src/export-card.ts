/** Export formats, and the contents of `card.json`. */
import type { Parity } from '@facewright/convert';
import type { NewModelCard } from '@facewright/training';

export const EXPORT_FORMATS = ['onnx', 'tfjs'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** `card.json`: the model's card, and what was exported. */
export type ExportCard = NewModelCard & {
  readonly export: {
    readonly format: ExportFormat;
    readonly facewright: string;
    readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
    readonly input: Readonly<Record<string, unknown>>;
    readonly output: Readonly<Record<string, unknown>>;
    readonly parity: Parity & { readonly on: string; readonly engine: string; readonly runtime: string };
  };
};
