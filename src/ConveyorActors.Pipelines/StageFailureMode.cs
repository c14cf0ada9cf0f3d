namespace ConveyorActors.Pipelines;

/// <summary>
/// Specifies how a run reacts when a stage fails as a whole: several lines in a row, each by itself, fail alike, and no
/// other line succeeds.
/// </summary>
public enum StageFailureMode
{
    /// <summary>
    /// A stage that has never succeeded in this run ends the run. A stage that has succeeded is paused with growing
    /// waits, and continues by itself once a line succeeds. The default.
    /// </summary>
    Pause,

    /// <summary>The run ends.</summary>
    Stop,

    /// <summary>Each line is tried again and then becomes a dead letter, as if the line alone were at fault.</summary>
    DeadLetter,
}
