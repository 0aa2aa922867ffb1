/**
 * What `CompiledExecutable` needs from an engine that manages state itself. Most engines provide a `Target` instead.
 */
import type { Graph } from '@facewright/capture';
import type { HostTensors, InputTensors } from '@facewright/core';
import type { InputSpecs } from './values.js';

export interface CompileRequest {
  readonly inputs: InputSpecs;
  /** The step as a simplified graph, for this call's inputs or others. */
  capture(inputs?: InputSpecs): Graph;
}

export interface Compiled<Program> {
  readonly program: Program;
  /** Number of nodes in the program, for the event. */
  readonly nodes?: number;
  /** Whether it works for every length of the dynamic axes. */
  readonly anySize?: boolean;
  /** How it was lowered, if that differs between programs; default: the engine's own method. */
  readonly lowering?: string;
}

/** An engine's part of one executable. Its methods never run concurrently. */
export interface Runner<Program> {
  /** Throws a `Gap` for anything it cannot lower. */
  compile(request: CompileRequest): Promise<Compiled<Program>>;
  /** Starts a call on the current state. Resolves when the next call may start, to a promise of the outputs. */
  start(program: Program, inputs: InputTensors): Promise<() => HostTensors | Promise<HostTensors>>;
  /** Starts copying inputs of the next call, which gets the same tensors. */
  send?(inputs: InputTensors): void;
  /** Copies of these entries. */
  read(names: readonly string[]): Promise<HostTensors>;
  /**
   * Names, shapes and dtypes have been checked. Returns `stale` if programs contain the old values and must be
   * recompiled.
   */
  write(values: HostTensors): Promise<'stale' | void>;
  releaseProgram(program: Program): Promise<void> | void;
  /** Releases the state. All programs have been released before. */
  dispose(): Promise<void> | void;
}
