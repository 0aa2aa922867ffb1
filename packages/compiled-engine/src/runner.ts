/** What `CompiledExecutable` asks of an engine that keeps the state in its own way. Most engines give a `Target` instead. */
import type { Graph } from '@facewright/capture';
import type { HostTensors } from '@facewright/core';
import type { Specs } from './values.js';

export interface CompileRequest {
  readonly inputs: Specs;
  /** The step as a simplified graph, for the inputs of this call or for others. */
  capture(inputs?: Specs): Graph;
}

export interface Compiled<Program> {
  readonly program: Program;
  /** What the program is made of, for the event. */
  readonly nodes?: number;
  /** Whether it serves every length of the open axes. */
  readonly anySize?: boolean;
  /** How it was lowered, where that differs from program to program; default: the engine's own. */
  readonly lowering?: string;
}

/** One executable's part of an engine. Its methods are called one after the other, never while another one is under way. */
export interface Runner<Program> {
  /** Throws a `Gap` for what it cannot lower. */
  compile(request: CompileRequest): Promise<Compiled<Program>>;
  /** Starts a call on the current state and resolves when the next one may start; what it resolves to gives the outputs. */
  start(program: Program, inputs: HostTensors): Promise<() => HostTensors | Promise<HostTensors>>;
  /** Copies of these entries. */
  read(names: readonly string[]): Promise<HostTensors>;
  /** Names, shapes and dtypes are right. Answers `stale` where the programs hold the former values and must be compiled anew. */
  write(values: HostTensors): Promise<'stale' | void>;
  releaseProgram(program: Program): Promise<void> | void;
  /** Releases the state; every program was released before. */
  dispose(): Promise<void> | void;
}
