/** The weights that a run starts from, which its checks, the choice of people held out, and the training all need. */
import { readStartingPoint, type StartingPoint } from '@facewright/training';

/** Reads them on first use, and once more only if they have been let go: with many class centres they are gigabytes. */
export class StartingWeights {
  private kept?: Promise<StartingPoint>;

  /** `path`: as for `readStartingPoint`. */
  constructor(private readonly path: string) {}

  /** Keeps them for the next call. */
  read(): Promise<StartingPoint> {
    return (this.kept ??= readStartingPoint(this.path));
  }

  /** Keeps them no longer. */
  take(): Promise<StartingPoint> {
    const point = this.read();
    this.letGo();
    return point;
  }

  letGo(): void {
    this.kept = undefined;
  }
}
