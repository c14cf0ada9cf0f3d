namespace ConveyorActors.Pipelines;

/// <summary>
/// What a run does when a stage fails as a whole: when several lines in a row, each alone, fail alike, and no other
/// line succeeds.
/// </summary>
public enum StageFailureMode
{
    /// <summary>
    /// A stage that has never succeeded in this run ends it. A stage that has succeeded is paused with growing waits,
    /// and continues by itself once a line succeeds. The default.
    /// </summary>
    Pause,

    /// <summary>The run ends.</summary>
    Stop,

    /// <summary>Each line is tried again and then becomes a dead letter, as if the line alone were at fault.</summary>
    DeadLetter,
}
